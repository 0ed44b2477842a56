// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import dev.quoin.server.access.Access;
import dev.quoin.server.access.Audit;
import dev.quoin.server.access.RpcMethods;
import dev.quoin.server.settings.SettingsReader;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Lets everybody do everything, as a server does that is told nothing else. */
public final class OpenAccess {
  private OpenAccess() {}

  public static Access open() {
    return new Access(
        SettingsReader.read(null, Map.of(), Map.of()),
        new RpcMethods(List.of()),
        new Audit(""),
        check -> CompletableFuture.completedFuture(check.get()));
  }
}
