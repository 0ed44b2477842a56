// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;

/**
 * The RPCs by which a service grants leases, keeps them and takes them back. Their messages have
 * the fields {@code name}, {@code lease}, {@code token} and so on that all such RPCs have.
 */
record LeaseRpcs(
    MethodDescriptor<?, ?> acquire,
    MethodDescriptor<?, ?> renew,
    MethodDescriptor<?, ?> release,
    MethodDescriptor<?, ?> hold) {}
