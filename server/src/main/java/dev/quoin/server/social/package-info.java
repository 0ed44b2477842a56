// SPDX-License-Identifier: Apache-2.0
/**
 * A social network: users, who follows whom, what they post, and the timelines that brings it to.
 * What a user does is written in its own slot together with an entry of its outbox. The outbox says
 * what is to be done in the slots of others, and is worked off in order by one server at a time.
 */
package dev.quoin.server.social;
