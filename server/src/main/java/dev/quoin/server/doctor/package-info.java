// SPDX-License-Identifier: Apache-2.0
/**
 * The command that looks at a deployment and says what is wrong. {@link
 * dev.quoin.server.doctor.Doctor} asks every node of Redis, {@link
 * dev.quoin.server.doctor.NodeChecks} judges what it says. It changes nothing but for a key that it
 * tries its rights with.
 */
package dev.quoin.server.doctor;
