"use strict";

const fs = require("fs");
const module_ = require("module");
const path = require("path");

/**
 * Keeps what Node compiles of the CDK from now on, where jsii keeps this file, and beside it what it
 * knows of its types. jsii links both into a folder of another name in each process: a Node that
 * cannot look for it by the way from one to the other (before 24.12) would never find it again, nor
 * would anything without such a link.
 */
function keepCompiled() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 24 || (major === 24 && minor < 12)) return;
  if (!fs.lstatSync(__dirname).isSymbolicLink()) return;
  module_.enableCompileCache({ directory: path.join(__dirname, "compiled"), portable: true });
  // before jsii, as it ends, takes the links away
  process.prependListener("exit", () => module_.flushCompileCache());
}
keepCompiled();

const cdk = require("aws-cdk-lib");
const { Construct } = require("constructs");

/** Its ARN changes with each revision, which CloudFormation allows of no export that is in use. */
const REVISED = "aws_batch.CfnJobDefinition";

/** What Resource.isResource looks for. */
const RESOURCE = Symbol.for("@aws-cdk/core.Resource");

/** A member of aws-cdk-lib, or of an object, by its way (aws_iam.Role), and what has it. */
function named(way, of = cdk) {
  const parts = way.split(".").filter((part) => part !== "aws-cdk-lib");
  const owner = parts.slice(0, -1).reduce((within, part) => within[part], of);
  return { owner, member: owner[parts.at(-1)] };
}

/** The scope and the ID of a path below a scope; constructs on the way are made. */
function within(scope, path) {
  const ids = path.split("/");
  const id = ids.pop();
  const parent = ids.reduce((at, one) => at.node.tryFindChild(one) ?? new Construct(at, one), scope);
  return [parent, id];
}

/** Makes many resources while Python waits once; ../one_call.py says what and where. */
class OneCall {
  /**
   * @param calls as JSON, for each construct: the scope, and its steps in order. A step is a
   *   resource: a class of aws-cdk-lib, a path below the scope, the arguments behind these, the
   *   attributes that are asked for, and a number for it; or "call": an object, a method and its
   *   arguments. A text may name what a resource has, ${Token[made:7:ref]}, and what JSON cannot
   *   say stands in {"$javascript": …}.
   * @param given the objects that the calls speak of by their place.
   * @returns the resources of all, in order, each with its attributes behind it.
   */
  static make(calls, given) {
    const { made } = OneCall;
    const filled = (value) => {
      if (typeof value === "string") {
        return value.replace(/\$\{Token\[made:(\d+):(\w+)\]\}/g, (_, number, of) => made[number][of]);
      }
      if (Array.isArray(value)) return value.map(filled);
      if (value === null || typeof value !== "object") return value ?? undefined;
      if ("$javascript" in value) return evaluated(...value.$javascript);
      return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, filled(of)]));
    };
    let scope;
    const evaluated = (what, of, ...rest) => {
      if (what === "given") return given[of];
      if (what === "made") return made[of];
      if (what === "code") return OneCall.code(of);
      if (what === "json") return cdk.Stack.of(scope).toJsonString(filled(of));
      const { owner, member } = named(of);
      if (what === "new") return new member(...filled(rest));
      return typeof member === "function" ? member.apply(owner, filled(rest)) : member;
    };
    const all = [];
    for (const [place, steps] of JSON.parse(calls)) {
      scope = filled(place);
      for (const [kind, of, last, told, number] of steps) {
        if (kind === "call") {
          const { owner, member } = named(last, filled(of));
          member.apply(owner, filled(told));
          continue;
        }
        const one = new (named(kind).member)(...within(scope, of), ...filled(last));
        if (kind === REVISED) {
          OneCall.weaken(one);
          OneCall.asResource(one.node.scope);
        }
        made[number] = one;
        all.push([one, ...told.map((attribute) => one[attribute])]);
      }
    }
    return all;
  }

  /**
   * The code of a function: what Code.fromAsset makes of a folder, but for the bucket that its Asset
   * imports. Nobody asks for that one, and the CDK would load all that it knows of all Regions. Of the
   * asset, it asks for what stands at its end; tests/test_function_settings.py compares the templates.
   */
  static code(sourcePath) {
    const { aws_lambda, aws_s3_assets, AssetStaging, Names, Stack } = cdk;
    const code = aws_lambda.Code.fromAsset(sourcePath);
    const { addResourceMetadata } = aws_s3_assets.Asset.prototype;
    code.bind = (scope) => {
      const asset = new Construct(scope, "Code");
      const staged = new AssetStaging(asset, "Stage", { sourcePath });
      const stack = Stack.of(scope);
      const assetPath = staged.relativeStagedPath(stack);
      const { bucketName, objectKey } = stack.synthesizer.addFileAsset({
        packaging: staged.packaging,
        sourceHash: staged.assetHash,
        fileName: assetPath,
        deployTime: true,
        displayName: Names.stackRelativeConstructPath(asset),
      });
      code.asset = Object.assign(asset, { assetPath, isBundled: false, addResourceMetadata });
      return { s3Location: { bucketName, objectKey } };
    };
    return code;
  }

  /**
   * Makes a Resource of a construct: once what it is made of is there, or an L1 log group in it would
   * demand a removal policy that says the default.
   */
  static asResource(construct) {
    const stack = cdk.Stack.of(construct);
    const { account, region } = stack;
    const members = { [RESOURCE]: true, stack, env: { account, region } };
    for (const name of Reflect.ownKeys(members)) {
      Object.defineProperty(construct, name, { value: members[name] });
    }
  }

  /**
   * Has other stacks refer weakly to a resource. What a nested stack holds they know as one of its
   * outputs: of these, those of the resource are as weak. They are outputs of something that has
   * what the nested stack has, and of what that does not say, what the resource says.
   */
  static weaken(resource) {
    const { Names, ReferenceStrength, Stack } = cdk;
    resource.applyCrossStackReferenceStrength(ReferenceStrength.WEAK);
    const stacks = [];
    for (let one = Stack.of(resource); one?.nestedStackResource; one = one.nestedStackParent) {
      stacks.push(one.nestedStackResource);
    }
    if (stacks.length === 0) return;
    const id = Names.nodeUniqueId(resource.node);
    for (const stack of stacks) {
      const weakly = new Proxy(stack, { get: (_, member) => stack[member] ?? resource[member] });
      if (!OneCall.weak.has(stack)) {
        const outputs = [];
        const { getAtt } = stack;
        OneCall.weak.set(stack, outputs);
        stack.getAtt = (name, hint) => {
          const [, as] = outputs.find(([one]) => name.includes(one)) ?? [];
          return getAtt.call(as ?? stack, name, hint);
        };
      }
      OneCall.weak.get(stack).push([id, weakly]);
    }
  }

  /**
   * @param one a resource.
   * @param member the name of the one that is its ARN, or "".
   * @param known whether it is where it says; otherwise only what an app makes is.
   * @returns the ARN, or "", and the Region and the account, or null where nobody knows.
   */
  static place(one, member, known) {
    const { Resource, Stack } = cdk;
    const made = known || (Resource.isResource(one) && Resource.isOwnedResource(one));
    const { region, account } = made ? (one.env ?? Stack.of(one)) : {};
    return [member ? one[member] : "", region ?? null, account ?? null];
  }

  /**
   * From now on the validations of an app get this plugin, once one of its scopes is checked; the
   * CDK asks for a name and a version at each synthesis, which Python is asked for once.
   */
  static check(plugin) {
    const { name, version } = plugin;
    const validate = (context) => plugin.validate(context);
    OneCall.plugin = { name, version, validate, get ruleIds() { return plugin.ruleIds; } };
  }

  /**
   * @param scope any construct.
   * @param checked whether the validations of its app get the plugin.
   * @param key of the context.
   * @returns the root, and of what is checked the app and the stages around the scope; its path, the
   *   path, the Region, the account and the partition of its stack, or "", and whether its context
   *   has the key.
   */
  static scope(scope, checked, key) {
    const { Stack, Stage, Validations } = cdk;
    const scopes = scope.node.scopes;
    const root = scopes[0];
    const stages = checked && Stage.isStage(root) ? scopes.filter(Stage.isStage) : [];
    if (stages.length > 0 && !OneCall.checked.has(root)) {
      OneCall.checked.add(root);
      Validations.of(root).addPlugins(OneCall.plugin);
    }
    const stack = scopes.findLast(Stack.isStack);
    const { region, account, partition } = stack ?? {};
    const customized = scope.node.tryGetContext(key) !== undefined;
    const place = [stack?.node.path ?? "", region ?? "", account ?? "", partition ?? ""];
    return [[root, stages], [scope.node.path, ...place, customized]];
  }

  /** What an object has, by the names of its members, or by ways to one (node.defaultChild). */
  static members(one, names) {
    return names.map((name) => name.split(".").reduce((of, part) => of?.[part], one) ?? null);
  }

  /** What expressions come to, as JSON: a constant or a static method of aws-cdk-lib each. */
  static values(asked) {
    const value = ([way, ...given]) => {
      const { owner, member } = named(way);
      const all = given.map((one) => (Array.isArray(one) ? value(one) : one));
      return typeof member === "function" ? member.apply(owner, all) : member;
    };
    return JSON.parse(asked).map(value);
  }

  /** The name that a resource, or the one below a construct, has, or its logical ID; or neither. */
  static nameOf(construct, member) {
    const { CfnElement, Stack } = cdk;
    const one = construct.cfnResourceType ? construct : construct.node.defaultChild;
    if (!one || !CfnElement.isCfnElement(one)) return [null, null];
    const name = one[member] ?? null;
    return [name, name === null ? Stack.of(one).getLogicalId(one) : null];
  }

  /**
   * @param definition the L1 of a job definition.
   * @returns what its jobs and its nodes consume, by the texts that name it, as overrides leave it.
   */
  static consumed(definition) {
    const { consumableResourceProperties: own, nodeProperties: nodes } = definition;
    const put = definition.rawOverrides.Properties?.ConsumableResourceProperties;
    const over = put?.ConsumableResourceList;
    const ranges = nodes?.nodeRangeProperties;
    const lists = [
      Array.isArray(over) ? [] : own?.consumableResourceList,
      over && Object.values(over),
      ...(Array.isArray(ranges) ? ranges : []).map(
        (range) => range?.consumableResourceProperties?.consumableResourceList,
      ),
    ];
    return lists
      .flatMap((list) => (Array.isArray(list) ? list : []))
      .map((one) => one?.consumableResource ?? one?.ConsumableResource)
      .filter((name) => typeof name === "string");
  }

  /**
   * @param vpc a VPC.
   * @param selection which of its subnets, or null for those that the CDK chooses.
   * @returns the IDs, whether they are still to be looked up, the zones of the VPC, and its place.
   */
  static subnets(vpc, selection) {
    const { subnetIds, isPendingLookup } = vpc.selectSubnets(selection ?? undefined);
    const [, ...place] = OneCall.place(vpc, "", true);
    return [subnetIds, isPendingLookup ?? false, vpc.availabilityZones, place];
  }

  /**
   * @param context what the CDK hands a plugin.
   * @returns the app, and the files of its templates.
   */
  static validated(context) {
    return [context.appConstruct, context.templatePaths];
  }

  /**
   * @param asked sizes and durations, each with the methods that give it in a unit.
   * @returns for each, in each unit, the number, or null where it is a token of another unit.
   */
  static amounts(asked) {
    const { SizeRoundingBehavior } = cdk;
    const exactly = { rounding: SizeRoundingBehavior.NONE, integral: false };
    const read = (one, method) => {
      try {
        return one[method](exactly);
      } catch {
        return null;
      }
    };
    return asked.map(([one, methods]) => methods.map((method) => read(one, method)));
  }

  /** Add one piece of metadata to many resources. */
  static tell(key, told) {
    for (const [one, value] of told) {
      const resource = OneCall.made[one] ?? one;
      (resource.addMetadata ? resource : resource.node.defaultChild).addMetadata(key, value);
    }
  }
}

/** What was made, by its number. */
OneCall.made = {};
/** Apps that have the plugin. */
OneCall.checked = new WeakSet();

/** The resource of a nested stack → what begins the names of some of its outputs, and as what. */
OneCall.weak = new WeakMap();
OneCall[Symbol.for("jsii.rtti")] = { fqn: "batch-constructs.OneCall", version: "1.0.0" };
exports.OneCall = OneCall;
