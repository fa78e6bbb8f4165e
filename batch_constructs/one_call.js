"use strict";

/** Makes many resources while Python waits once; ../one_call.py says what and where. */
class OneCall {
  /**
   * @param calls as JSON, for each construct: the scope, and its resources in order, each a class
   *   of aws-cdk-lib, an ID and properties; or "override", a resource, the path of a property, and
   *   what it is from now on. A text may name what an earlier resource of the same scope has:
   *   ${Token[made:LogGroup:ref]}.
   * @param given the objects that {"$given": place} stands for.
   * @returns the resources of all, in order.
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
      for (const [kind, id, properties, value] of resources) {
        if (kind === "override") {
          filled(id).addPropertyOverride(properties, filled(value));
          continue;
        }
        const type = kind.split(".").slice(1).reduce((within, name) => within[name], cdk);
        made[id] = new type(scope, id, filled(properties));
        all.push(made[id]);
      }
    }
    return all;
  }

  /**
   * @param asked for each resource: the name of the member that is its ARN, or "", and whether the
   *   app is known to make it, so that it is where its stack is.
   * @returns for each the ARN, or "", and the account, or null for what only CloudFormation knows.
   */
  static accounts(asked) {
    const { Resource, Stack, Token } = require("aws-cdk-lib");
    return asked.map(([one, member, known]) => {
      const made = known || (Resource.isResource(one) && Resource.isOwnedResource(one));
      const account = made ? (one.env ?? Stack.of(one)).account : null;
      return [member ? one[member] : "", Token.isUnresolved(account) ? null : account];
    });
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
OneCall[Symbol.for("jsii.rtti")] = { fqn: "batch-constructs.OneCall", version: "1.0.0" };
exports.OneCall = OneCall;
