// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.Random;

/** Uses one feature as clients do and remembers what it was told. */
interface Workload {
  /** Makes what the load needs, before anything is broken. */
  default void prepare() throws Exception {}

  /** Calls the feature a few times; several threads do so again and again. */
  void load(Random random) throws Exception;

  /** Compares what was promised with what is there, after all faults are over. */
  void check() throws Exception;
}
