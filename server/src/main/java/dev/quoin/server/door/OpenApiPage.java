// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.AbstractHttpService;
import com.linecorp.armeria.server.ServiceRequestContext;

final class OpenApiPage extends AbstractHttpService {
  @Override
  protected HttpResponse doGet(ServiceRequestContext http, HttpRequest request) {
    return HttpResponse.of(HttpStatus.NOT_FOUND);
  }
}
