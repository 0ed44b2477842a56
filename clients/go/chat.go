// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"

	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
)

// Chat has rooms in which messages wait for every member until they are acknowledged. Quoin does not
// authenticate users; your program must.
//
// Subscribe stands in the place of the RPC, which remains at ChatClient. The other RPCs are methods
// of this type.
type Chat struct {
	chatv1.ChatClient
	core *clientCore
}

// SubscribeOptions say how to follow chats.
type SubscribeOptions struct {
	// Cursor is where to go on: that of an earlier [ChatEvent]. "" is after what is
	// acknowledged.
	Cursor string
	// OnConnection is called when the stream is open, at first and after a break, and when it broke,
	// with the reason unless the server ended it in good order. It must not block.
	OnConnection func(err error, connected bool)
}

// ChatEvent is something that happened in the chats of a user. Exactly one of Event, Gap and Signal
// is set.
type ChatEvent struct {
	// Chat is the id of the chat.
	Chat string
	// Event is a message, an edit, a deletion, or that somebody came, went or has another role.
	Event *chatv1.SubscribeResponse_Event
	// Gap says which messages cannot be told because they are kept no longer; when its last number
	// is less than the first only other events are missing.
	Gap *streamsv1.Gap
	// Signal is what somebody is doing, for example typing.
	Signal *chatv1.SubscribeResponse_Signal
	// Cursor is where another subscription goes on after this: nothing is lost and nothing comes
	// twice.
	Cursor string
}

// Message is what was sent, nil when something else happened.
func (e *ChatEvent) Message() *chatv1.Message { return e.Event.GetMessage() }

// Subscribe yields everything that happens in the chats of a user, beginning with what is not
// acknowledged, until the loop or ctx ends. A broken stream is opened again, at whatever server, and
// resumes where it was. A slow loop is sent no more than it takes. It ends by itself, with an error,
// only when the request can never succeed or the client is closed.
func (c *Chat) Subscribe(
	ctx context.Context, user string, options SubscribeOptions,
) iter.Seq2[*ChatEvent, error] {
	responses := &resumableStream[*chatv1.SubscribeRequest, chatv1.SubscribeResponse]{
		core: c.core, open: c.ChatClient.Subscribe, onConnection: options.OnConnection,
		request: &chatv1.SubscribeRequest{User: user, Cursor: options.Cursor},
	}
	cursor := options.Cursor // signals have none of their own
	return events(responses.all(ctx), func(response *chatv1.SubscribeResponse) []*ChatEvent {
		if beat := response.GetHeartbeat(); beat != nil {
			cursor = beat.GetCursor()
		}
		events := chatEvents(response)
		for _, event := range events {
			if event.Cursor == "" {
				event.Cursor = cursor
			}
			cursor = event.Cursor
		}
		return events
	})
}

// chatEvents are the events of a response.
func chatEvents(response *chatv1.SubscribeResponse) (events []*ChatEvent) {
	happened := response.GetEvents()
	for _, event := range happened.GetEvents() {
		events = append(events, &ChatEvent{
			Chat: happened.GetChatId(), Event: event, Cursor: event.GetCursor(),
		})
	}
	if gap := response.GetGap(); gap != nil {
		events = append(events, &ChatEvent{Chat: gap.GetName(), Gap: gap, Cursor: gap.GetCursor()})
	}
	if signal := response.GetSignal(); signal != nil {
		events = append(events, &ChatEvent{Chat: signal.GetChatId(), Signal: signal})
	}
	return events
}
