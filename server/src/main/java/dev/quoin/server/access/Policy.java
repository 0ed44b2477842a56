// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quoin.access.v1.Permission;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Yaml;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Who may do what, and where. Roles list services with a permission, or single RPCs; bindings give
 * roles to principals in namespaces. What nothing allows is denied. Never changes.
 */
public final class Policy {
  private static final String HEALTH = "grpc.health.v1.Health";
  private static final String EVERY_SERVICE = "*";

  /** No namespace is called so: only the pattern "*" matches it. */
  private static final String EVERYWHERE = "*";

  /** Allows everything to whoever is known. */
  static final Policy EVERYTHING = new Policy(Set.of(HEALTH), List.of(), true);

  private final Set<String> open;
  private final List<Binding> bindings;
  private final boolean allowsAll;

  /** What a role allows. */
  private record Role(String name, Map<String, Permission> services, Set<String> methods) {
    boolean allows(RpcMethod rpc) {
      if (methods.contains(rpc.fullName())) {
        return true;
      }
      Permission given = services.getOrDefault(rpc.service(), services.get(EVERY_SERVICE));
      return given != null && given.getNumber() >= rpc.permission().getNumber();
    }
  }

  /**
   * A role of principals.
   *
   * @param userClaim claim that the acting user of requests has to equal; empty for none
   */
  private record Binding(
      Role role, List<Pattern> principals, List<Pattern> namespaces, String userClaim) {
    boolean isOf(Principal principal) {
      return !principal.name().isEmpty() && Yaml.matches(principals, principal.name());
    }

    /** What is about no namespace needs none; what is about all of them takes all. */
    boolean isFor(RpcMethod rpc, String namespace) {
      return rpc.isOfNoNamespace()
          || Yaml.matches(namespaces, rpc.isEverywhere() ? EVERYWHERE : namespace);
    }
  }

  /**
   * What becomes of a call.
   *
   * @param user whom the request has to name as the one who acts; empty for anybody
   * @param reason for operators
   */
  public record Decision(boolean allowed, String user, String reason) {
    static Decision allowed(String reason) {
      return new Decision(true, "", reason);
    }

    static Decision denied(String reason) {
      return new Decision(false, "", reason);
    }
  }

  private Policy(Set<String> open, List<Binding> bindings, boolean allowsAll) {
    this.open = open;
    this.bindings = bindings;
    this.allowsAll = allowsAll;
  }

  /**
   * Reads a policy; throws {@link BadSettings} that says what is wrong with it.
   *
   * @param methods all there are
   */
  public static Policy parse(String text, RpcMethods methods) {
    JsonNode root = Yaml.root(text, "roles", "bindings", "open");
    Map<String, Role> roles = new HashMap<>();
    if (root.has("roles") && !root.get("roles").isObject()) {
      throw new BadSettings("roles: must hold lists by name");
    }
    root.path("roles")
        .properties()
        .forEach(role -> roles.put(role.getKey(), role(role.getKey(), role.getValue(), methods)));
    List<Binding> bindings = new ArrayList<>();
    int number = 0;
    for (JsonNode binding : Yaml.list(root, "bindings")) {
      bindings.add(binding(binding, "bindings[" + number++ + "]", roles));
    }
    Set<String> open =
        root.has("open") ? Set.copyOf(Yaml.texts(root, "open", "policy")) : Set.of(HEALTH);
    open.forEach(name -> methods.require(name, "open"));
    return new Policy(open, bindings, false);
  }

  private static Role role(String name, JsonNode entries, RpcMethods methods) {
    Role role = new Role(name, new HashMap<>(), new HashSet<>());
    String path = "roles." + name;
    if (!entries.isArray()) {
      throw new BadSettings(path + ": must be a list");
    }
    int number = 0;
    for (JsonNode entry : entries) {
      String place = path + '[' + number++ + ']';
      if (entry.isTextual() && entry.asText().contains("/")) {
        methods.require(entry.asText(), place);
        role.methods().add(entry.asText());
      } else if (entry.isObject() && entry.size() == 1) {
        Map.Entry<String, JsonNode> service = entry.properties().iterator().next();
        if (!service.getKey().equals(EVERY_SERVICE)) {
          methods.require(service.getKey(), place);
        }
        Permission given = permission(service.getValue().asText(), place);
        if (role.services().put(service.getKey(), given) != null) {
          throw new BadSettings(place + ": there is an entry for " + service.getKey() + " already");
        }
      } else {
        throw new BadSettings(place + ": must be 'service: permission' or 'service/method'");
      }
    }
    return role;
  }

  private static Permission permission(String text, String place) {
    return switch (text) {
      case "read" -> Permission.PERMISSION_READ;
      case "write" -> Permission.PERMISSION_WRITE;
      case "admin" -> Permission.PERMISSION_ADMIN;
      default -> throw new BadSettings(place + ": must be read, write or admin");
    };
  }

  private static Binding binding(JsonNode node, String path, Map<String, Role> roles) {
    Yaml.allowOnly(node, path, "role", "principals", "namespaces", "user_claim");
    String role = Yaml.text(node, "role", path);
    if (!roles.containsKey(role)) {
      throw new BadSettings(path + ".role: there is no role " + role);
    }
    return new Binding(
        roles.get(role),
        Yaml.patterns(Yaml.texts(node, "principals", path)),
        Yaml.namespaces(node, path),
        node.has("user_claim") ? Yaml.text(node, "user_claim", path) : "");
  }

  /** Whether everybody may call an RPC, known or not. */
  boolean isOpen(RpcMethod rpc) {
    return open.contains(rpc.service()) || open.contains(rpc.fullName());
  }

  /** Whether nobody may make a call, whatever a policy says: only the server writes the audit. */
  static boolean isReserved(RpcMethod rpc, String namespace) {
    return namespace.equals(Audit.NAMESPACE) && rpc.permission() != Permission.PERMISSION_READ;
  }

  /** Decides about a call. */
  public Decision decide(Principal principal, String namespace, RpcMethod rpc) {
    if (isReserved(rpc, namespace)) {
      return Decision.denied("only the server writes in namespace " + Audit.NAMESPACE);
    } else if (isOpen(rpc)) {
      return Decision.allowed("everybody may call " + rpc.service());
    } else if (allowsAll) {
      return Decision.allowed("there is no policy: whoever is known may do everything");
    }
    List<Binding> own = bindings.stream().filter(binding -> binding.isOf(principal)).toList();
    if (own.isEmpty()) {
      return Decision.denied("no binding is of principal " + principal.name());
    }
    Decision ofUser = null;
    for (Binding binding : own) {
      if (binding.role().allows(rpc) && binding.isFor(rpc, namespace)) {
        String why = "role " + binding.role().name() + " allows " + rpc.fullName();
        if (binding.userClaim().isEmpty()) {
          return Decision.allowed(why);
        }
        String user = principal.claims().getOrDefault(binding.userClaim(), "");
        if (!user.isEmpty()) {
          ofUser = new Decision(true, user, why + ", to user " + user);
        }
      }
    }
    return ofUser != null ? ofUser : Decision.denied(denial(own, namespace, rpc));
  }

  private static String denial(List<Binding> own, String namespace, RpcMethod rpc) {
    String roles =
        own.stream()
            .filter(binding -> binding.isFor(rpc, namespace))
            .map(binding -> binding.role().name())
            .distinct()
            .collect(Collectors.joining(", "));
    String needed = rpc.permission().name().replace("PERMISSION_", "").toLowerCase(Locale.ROOT);
    return roles.isEmpty()
        ? "none of its bindings is for namespace " + namespace
        : "none of its roles there (%s) allows %s, which takes %s of %s"
            .formatted(roles, rpc.fullName(), needed, rpc.service());
  }
}
