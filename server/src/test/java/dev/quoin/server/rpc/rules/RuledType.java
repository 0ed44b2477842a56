// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.FieldRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Any;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.StructProto;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WrappersProto;

/** Message types made at run time. */
final class RuledType {
  private static final FileDescriptor[] IMPORTS = {
    ValidateProto.getDescriptor(),
    DurationProto.getDescriptor(),
    Any.getDescriptor().getFile(),
    StructProto.getDescriptor(),
    TimestampProto.getDescriptor(),
    WrappersProto.getDescriptor()
  };

  private RuledType() {}

  /** The type M, which has one field, for example "type: TYPE_STRING", with rules. */
  static Descriptor ofField(String field, String rules) {
    String oneof = field.contains("oneof_index") ? "oneof_decl { name: '_value' } " : "";
    return of(
        oneof
            + "field { name: 'value' number: 1 %s %s options { [buf.validate.field] { %s } } }"
                .formatted(field.contains("label:") ? "" : "label: LABEL_OPTIONAL", field, rules));
  }

  /** The type M, whose field has a rule that this build has no name for. */
  static Descriptor withUnknownRule(UnknownFieldSet rule, boolean inGroup) {
    FieldRules.Builder rules = FieldRules.newBuilder();
    if (inGroup) {
      rules.getStringBuilder().setUnknownFields(rule);
    } else {
      rules.setUnknownFields(rule);
    }
    FileDescriptorProto.Builder file =
        ofField("type: TYPE_STRING", "").getFile().toProto().toBuilder();
    file.getMessageTypeBuilder(file.getMessageTypeCount() - 1)
        .getFieldBuilder(0)
        .getOptionsBuilder()
        .setExtension(ValidateProto.field, rules.build());
    return build(file);
  }

  /** The type M, which is what the text format of a DescriptorProto says. */
  static Descriptor of(String message) {
    ExtensionRegistry extensions = ExtensionRegistry.newInstance();
    ValidateProto.registerAllExtensions(extensions);
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder().setName("m.proto").setSyntax("proto3").setPackage("test");
    for (FileDescriptor imported : IMPORTS) {
      file.addDependency(imported.getName());
    }
    try {
      TextFormat.merge(
          """
          enum_type {
            name: 'E'
            value { name: 'E_ZERO' number: 0 }
            value { name: 'E_ONE' number: 1 }
            value { name: 'E_SEVEN' number: 7 }
          }
          message_type {
            name: 'Plain'
            field {
              name: 'text' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL
              options { [buf.validate.field] { string { min_len: 2 } } }
            }
          }
          message_type {
            name: 'Odd'
            field {
              name: 'text' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL
              options { [buf.validate.field] { string { email: true } } }
            }
          }
          message_type { name: 'M' %s }
          """
              .formatted(message),
          extensions,
          file);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(message, e);
    }
    return build(file);
  }

  private static Descriptor build(FileDescriptorProto.Builder file) {
    try {
      return FileDescriptor.buildFrom(file.build(), IMPORTS).findMessageTypeByName("M");
    } catch (DescriptorValidationException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
