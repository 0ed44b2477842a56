// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes one setting; --help and docs/configuration.md are made from it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
  /** The default, written as a user would. */
  String value();

  /** What it is for, as a sentence. */
  String about();

  /** For whole numbers: the least that is allowed. */
  int min() default 0;

  /** For whole numbers: the most that is allowed. */
  int max() default Integer.MAX_VALUE;

  /** For words: those that are allowed, all when empty. */
  String[] oneOf() default {};

  /** Whether the value may contain a password and is not to be printed. */
  boolean secret() default false;
}
