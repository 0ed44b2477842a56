// SPDX-License-Identifier: Apache-2.0
/**
 * What a caller is told when a call fails. Code throws an {@link
 * dev.quoin.server.errors.ApiException} with a reason of the contract; {@link
 * dev.quoin.server.errors.ErrorMapper} alone turns failures into gRPC statuses. Anything unexpected
 * becomes INTERNAL without details.
 */
package dev.quoin.server.errors;
