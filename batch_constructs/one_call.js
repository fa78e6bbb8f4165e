"use strict";

/** Its ARN changes with each revision, which CloudFormation allows of no export that is in use. */
const REVISED = "aws-cdk-lib.aws_batch.CfnJobDefinition";

/** Where the CDK keeps how other stacks refer to a resource. */
const STRENGTH = "_crossStackReferenceStrengthOverride";

/** What Resource.isResource looks for. */
const RESOURCE = Symbol.for("@aws-cdk/core.Resource");

/** Makes many resources while Python waits once; ../one_call.py says what and where. */
class OneCall {
  /**
   * @param calls as JSON, for each construct: the scope, and its resources in order, each a class
   *   of aws-cdk-lib, an ID, properties and the attributes that are asked for; or "override", a
   *   resource, the path of a property, and what it is from now on. A text may name what an earlier
   *   resource of the same scope has: ${Token[made:LogGroup:ref]}.
   * @param given the objects that {"$given": place} stands for.
   * @returns the resources of all, in order, each with its attributes behind it.
   */
  static make(calls, given) {
    const cdk = require("aws-cdk-lib");
    const all = [];
    for (const [place, resources] of JSON.parse(calls)) {
      const scope = given[place.$given];
      const made = {};
      const filled = (value) => {
        if (typeof value === "string") {
          return value.replace(/\$\{Token\[made:(\w+):(\w+)\]\}/g, (_, id, of) => made[id][of]);
        }
        if (Array.isArray(value)) return value.map(filled);
        if (value === null || typeof value !== "object") return value ?? undefined;
        if ("$given" in value) return given[value.$given];
        return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, filled(of)]));
      };
      for (const [kind, id, properties, last] of resources) {
        if (kind === "override") {
          filled(id).addPropertyOverride(properties, filled(last));
          continue;
        }
        const type = kind.split(".").slice(1).reduce((within, name) => within[name], cdk);
        made[id] = new type(scope, id, filled(properties));
        if (kind === REVISED) OneCall.weaken(made[id]);
        all.push([made[id], ...last.map((attribute) => made[id][attribute])]);
      }
      // Only now, or an L1 log group below it would demand a removal policy that says the default.
      if (!(RESOURCE in scope)) Object.defineProperty(scope, RESOURCE, { value: true });
    }
    return all;
  }

  /**
   * Has other stacks refer weakly to a resource. What a nested stack holds they know as one of its
   * outputs: of these, those of the resource are as weak.
   */
  static weaken(resource) {
    const { Names, ReferenceStrength, Stack } = require("aws-cdk-lib");
    resource.applyCrossStackReferenceStrength(ReferenceStrength.WEAK);
    const stacks = [];
    for (let one = Stack.of(resource); one?.nestedStackResource; one = one.nestedStackParent) {
      stacks.push(one.nestedStackResource);
    }
    if (stacks.length === 0) return;
    const id = Names.nodeUniqueId(resource.node);
    for (const stack of stacks) {
      const strength = { get: () => stack[STRENGTH] ?? resource[STRENGTH] };
      const weakly = Object.create(stack, { [STRENGTH]: strength });
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
    const { Resource, Stack } = require("aws-cdk-lib");
    const made = known || (Resource.isResource(one) && Resource.isOwnedResource(one));
    const { region, account } = made ? (one.env ?? Stack.of(one)) : {};
    return [member ? one[member] : "", region ?? null, account ?? null];
  }

  /**
   * From now on the validations of an app get this plugin, once one of its scopes is checked; the
   * CDK asks for a name and a version at each synthesis, which Python is asked for once.
   * @param longest how many bytes a template may have.
   */
  static check(plugin, longest) {
    OneCall.longest = longest;
    const { name, version } = plugin;
    const validate = (context) => plugin.validate(context);
    OneCall.plugin = { name, version, validate, get ruleIds() { return plugin.ruleIds; } };
  }

  /** Has the template of a stack written without indentation where it is too long with it. */
  static fit(stack) {
    const template = stack._toCloudFormation;
    stack._toCloudFormation = () => {
      const made = template.call(stack);
      const length = Buffer.byteLength(JSON.stringify(made, undefined, 1));
      if (length > OneCall.longest) stack._suppressTemplateIndentation = true;
      return made;
    };
  }

  /**
   * @param scope any construct.
   * @param checked whether the validations of its app get the plugin.
   * @param key of the context.
   * @returns the root, and of what is checked the app and the stages around the scope; its path, the
   *   path, the Region and the account of its stack, or "", and whether its context has the key.
   */
  static scope(scope, checked, key) {
    const { Stack, Stage, Validations } = require("aws-cdk-lib");
    const scopes = scope.node.scopes;
    const root = scopes[0];
    const stages = checked && Stage.isStage(root) ? scopes.filter(Stage.isStage) : [];
    if (stages.length > 0 && !OneCall.checked.has(root)) {
      OneCall.checked.add(root);
      Validations.of(root).addPlugins(OneCall.plugin);
    }
    const stack = scopes.findLast(Stack.isStack);
    if (stages.length > 0 && stack && !OneCall.checked.has(stack)) {
      OneCall.checked.add(stack);
      OneCall.fit(stack);
    }
    const { region, account } = stack ?? {};
    const customized = scope.node.tryGetContext(key) !== undefined;
    const place = [stack?.node.path ?? "", region ?? "", account ?? ""];
    return [[root, stages], [scope.node.path, ...place, customized]];
  }

  /**
   * @param vpc a VPC.
   * @param selection which of its subnets, or null for those that the CDK chooses.
   * @returns the IDs, whether they are still to be looked up, and the zones of the VPC.
   */
  static subnets(vpc, selection) {
    const { subnetIds, isPendingLookup } = vpc.selectSubnets(selection ?? undefined);
    return [subnetIds, isPendingLookup ?? false, vpc.availabilityZones];
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
    const { SizeRoundingBehavior } = require("aws-cdk-lib");
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
    for (const [resource, value] of told) {
      (resource.addMetadata ? resource : resource.node.defaultChild).addMetadata(key, value);
    }
  }
}

/** Apps that have the plugin, and stacks whose template fits. */
OneCall.checked = new WeakSet();

/** The resource of a nested stack → what begins the names of some of its outputs, and as what. */
OneCall.weak = new WeakMap();
OneCall[Symbol.for("jsii.rtti")] = { fqn: "batch-constructs.OneCall", version: "1.0.0" };
exports.OneCall = OneCall;
