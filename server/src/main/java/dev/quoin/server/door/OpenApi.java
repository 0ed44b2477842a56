// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.rpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Describes the RPCs with one request and one response in OpenAPI 3.1, from the contract and its
 * comments.
 */
final class OpenApi {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String REFUSED = "Refused";

  private final Comments comments;
  private final OpenApiSchemas schemas;
  private final ObjectNode root = JSON.createObjectNode();

  private OpenApi(Comments comments) {
    this.comments = comments;
    this.schemas = new OpenApiSchemas(comments);
  }

  /** The document as JSON. */
  static byte[] document(List<ServiceDescriptor> services, Comments comments, String version) {
    ObjectNode root = new OpenApi(comments).describe(services, version);
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode describe(List<ServiceDescriptor> services, String version) {
    root.put("openapi", "3.1.0");
    ObjectNode info = root.putObject("info");
    info.put("title", "Quoin");
    info.put("version", version);
    info.put(
        "description",
        "The RPCs of Quoin with one request and one response. Those with streams are called by"
            + " gRPC-Web or gRPC.");
    info.putObject("license").put("name", "Apache-2.0").put("identifier", "Apache-2.0");
    root.putArray("servers").addObject().put("url", "/");
    ArrayNode security = root.putArray("security");
    security.addObject();
    security.addObject().putArray("token");
    ArrayNode tags = root.putArray("tags");
    ObjectNode paths = root.putObject("paths");
    for (ServiceDescriptor service : services) {
      tags.addObject()
          .put("name", service.getFullName())
          .put("description", comments.of(service.getFullName()));
      service.getMethods().stream()
          .filter(method -> !method.isClientStreaming() && !method.isServerStreaming())
          .forEach(method -> path(paths, method));
    }
    components();
    return root;
  }

  private void path(ObjectNode paths, MethodDescriptor method) {
    String service = method.getService().getFullName();
    ObjectNode post = paths.putObject('/' + service + '/' + method.getName()).putObject("post");
    post.put("operationId", service + '.' + method.getName());
    post.putArray("tags").add(service);
    String comment = comments.of(method.getFullName());
    post.put("summary", Comments.firstSentence(comment));
    post.put("description", comment);
    ArrayNode parameters = post.putArray("parameters");
    for (String header : List.of("namespace", "requestId", "timeout")) {
      parameters.addObject().put("$ref", "#/components/parameters/" + header);
    }
    ObjectNode body = post.putObject("requestBody").put("required", true);
    json(body).setAll(schemas.reference(method.getInputType()));
    ObjectNode responses = post.putObject("responses");
    json(responses.putObject("200").put("description", "The response."))
        .setAll(schemas.reference(method.getOutputType()));
    responses.putObject("default").put("$ref", "#/components/responses/" + REFUSED);
  }

  private static ObjectNode json(ObjectNode parent) {
    return parent.putObject("content").putObject("application/json").putObject("schema");
  }

  private void components() {
    ObjectNode components = root.putObject("components");
    ObjectNode refused =
        components
            .putObject("responses")
            .putObject(REFUSED)
            .put(
                "description",
                "The call was refused: details hold a google.rpc.ErrorInfo with the reason, and"
                    + " what else programs want to know.");
    json(refused).setAll(schemas.reference(Status.getDescriptor()));
    ObjectNode parameters = components.putObject("parameters");
    header(parameters, "namespace", "quoin-namespace", "Whose data it is; default when absent.");
    header(parameters, "requestId", "quoin-request-id", "Finds the call in the server's log.");
    header(
        parameters,
        "timeout",
        Timeouts.HEADER,
        "How long the caller waits: up to 8 digits and one of H, M, S, m, u, n.");
    components
        .putObject("securitySchemes")
        .putObject("token")
        .put("type", "http")
        .put("scheme", "bearer");
    components.set("schemas", schemas.all());
  }

  private static void header(ObjectNode parameters, String key, String name, String about) {
    ObjectNode header = parameters.putObject(key);
    header.put("name", name).put("in", "header").put("description", about);
    header.putObject("schema").put("type", "string");
  }
}
