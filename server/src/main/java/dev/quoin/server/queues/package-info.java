// SPDX-License-Identifier: Apache-2.0
/**
 * The services Queues and Schedules: tasks with priorities, delays, retries and fairness, and cron.
 * Workers lease tasks by unary calls or over a stream with credits. Each queue lives in one slot,
 * so that every change is one script.
 */
package dev.quoin.server.queues;
