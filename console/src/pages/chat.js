// SPDX-License-Identifier: Apache-2.0
import { ago, count, moment, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call } from '../lib/rpc.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Part, Table, Wrongs } from '../lib/widgets.js';

const CHAT = 'quoin.chat.v1.Chat';
const KEPT = 300;

/** @extends {Live<{}, any>} */
export class Chat extends Live {
  /** @type {any} */
  state = {};

  render() {
    const { prefix = '', room, user = '' } = session.route.params;
    this.list('rooms', `${CHAT}/List`, { prefix, pageSize: 100 }, (reply) => this.setState({ rooms: reply.chats ?? [] }));
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Rooms that begin with', value: prefix, onValue: (value) => refine({ prefix: value }) }),
        h(Field, { label: 'Room', value: room ?? '', onValue: (value) => refine({ room: value }) }),
        h(Field, { label: 'Seen by the member', value: user, placeholder: 'a member of the room', onValue: (value) => refine({ user: value }) }),
      ),
      room && (user ? h(Room, { key: `${room}\n${user}`, room, user }) : h('p', { class: 'empty' }, 'Name a member of the room: messages are shown as that member reads them, and none is acknowledged.')),
      h(
        Part,
        { title: 'Rooms', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Rooms', rows: this.state.rooms, id: (one) => one.chatId, chosen: room, empty: 'Nobody chats here.',
          columns: [
            { title: 'Room', show: (one) => h(Link, { to: address('chat', { prefix, user, room: one.chatId }), current: one.chatId === room }, one.chatId) },
            { title: 'Members', number: true, show: (one) => count(one.memberCount) },
            { title: 'Messages', number: true, show: (one) => count(one.newestMessageId) },
            { title: 'Last used', show: (one) => ago(one.updateTime) },
          ],
        }),
      ),
    );
  }
}

/** What is said in a room, as one of its members sees it. @extends {Live<{room: string, user: string}, any>} */
class Room extends Live {
  /** @type {any} */
  state = { messages: new Map(), typing: '' };
  cursor = '';

  componentDidMount() {
    const { room, user } = this.props;
    // The stream begins before the past is read, so that nothing is missed between them.
    this.follow('events', `${CHAT}/Subscribe`, { user }, (message) => this.take(message), () => (this.cursor ? { cursor: this.cursor } : {}));
    this.poll('past', {}, async (signal) => {
      const reply = await call(`${CHAT}/ListMessages`, { chatId: room, actor: user, maxItems: 100 }, signal);
      this.add(reply.messages ?? [], true);
      this.stop('past');
    });
    this.list('members', `${CHAT}/ListMembers`, { chatId: room, actor: user, pageSize: 100 }, (reply) => this.setState({ members: reply.members ?? [] }));
  }

  /** @param {any} message */
  take(message) {
    const { room } = this.props;
    if (message.events?.chatId === room) {
      this.add((message.events.events ?? []).map((/** @type {any} */ e) => e.message ?? e.messageEdited ?? e.messageDeleted).filter((/** @type {any} */ m) => m), false);
    }
    if (message.signal?.chatId === room) this.setState({ typing: message.signal.activity === 'ACTIVITY_TYPING' ? `${message.signal.user} is typing …` : '' });
    this.cursor = message.events?.events?.at(-1)?.cursor ?? message.heartbeat?.cursor ?? message.reconnect?.cursor ?? message.gap?.cursor ?? this.cursor;
  }

  /** @param {any[]} more @param {boolean} isPast what is read once does not replace what the stream told */
  add(more, isPast) {
    this.setState((/** @type {any} */ s) => {
      const messages = new Map(s.messages);
      for (const one of more) if (!isPast || !messages.has(one.messageId)) messages.set(one.messageId, one);
      const ids = [...messages.keys()].sort((a, b) => Number(b) - Number(a));
      for (const id of ids.slice(KEPT)) messages.delete(id);
      return { messages };
    });
  }

  render() {
    const { room, user } = this.props;
    const { messages, members, typing } = this.state;
    const newest = [...messages.values()].sort((a, b) => Number(b.messageId) - Number(a.messageId));
    return h(
      Part,
      { title: `Room ${room}`, live: 'a stream', tools: h('a', { class: 'button', href: address('chat', { user }) }, 'Close') },
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          h('p', { class: 'quiet' }, typing || 'The newest message first.'),
          newest.length
            ? h('ol', { class: 'lines', tabIndex: 0, 'aria-label': 'Messages, the newest first' }, newest.map((one) =>
                h('li', { key: one.messageId },
                  h('time', null, moment(one.createTime)), h('strong', null, one.sender),
                  h('span', null, one.deleteTime ? h('i', { class: 'quiet' }, 'deleted') : one.body, one.editTime && !one.deleteTime && h('span', { class: 'quiet' }, ' (edited)')))))
            : h('p', { class: 'empty' }, 'Nothing was said yet.'),
        ),
        h(
          'div',
          null,
          h('h3', null, 'Members'),
          h(Table, {
            caption: 'Members', rows: members, id: (one) => one.user, empty: 'Nobody.',
            columns: [
              { title: 'Member', show: (one) => one.user },
              { title: 'Role', show: (one) => h(Badge, null, word(one.role, 'ROLE_')) },
              { title: 'Has read up to', number: true, show: (one) => count(one.acknowledgedMessageId) },
              { title: 'Joined', minor: true, show: (one) => ago(one.joinTime) },
            ],
          }),
        ),
      ),
    );
  }
}
