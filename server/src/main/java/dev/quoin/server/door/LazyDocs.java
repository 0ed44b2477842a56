// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import com.linecorp.armeria.server.docs.DocService;

/**
 * Armeria's pages about the services. What they show takes a second of computing, in a thread of
 * its own, and some megabytes: that begins when somebody asks.
 */
final class LazyDocs extends SimpleDecoratingHttpService {
  private static final HttpHeaders NAMESPACE = HttpHeaders.of("quoin-namespace", "default");

  private ServiceConfig config;
  private boolean begun;

  LazyDocs() {
    super(DocService.builder().webAppTitle("Quoin").exampleHeaders(NAMESPACE).build());
  }

  @Override
  public void serviceAdded(ServiceConfig added) {
    config = added;
  }

  @Override
  public HttpResponse serve(ServiceRequestContext http, HttpRequest request) throws Exception {
    begin();
    http.setAdditionalResponseHeader(HttpHeaderNames.CONTENT_SECURITY_POLICY, Door.DOCS);
    return unwrap().serve(http, request);
  }

  private synchronized void begin() throws Exception {
    if (!begun) {
      begun = true;
      unwrap().serviceAdded(config);
    }
  }
}
