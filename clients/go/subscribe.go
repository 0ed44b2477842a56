// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"

	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
	"google.golang.org/grpc"
)

// SubscribeOptions say how to follow chats.
type SubscribeOptions struct {
	// Cursor is where to go on: that of a [ChatEvent] heard before. "" is after what is
	// acknowledged.
	Cursor string
	// OnConnection is told when the stream stands, at first and after a break, and why when it
	// breaks; nil then, too, when the server ended it in peace. It must not block.
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
	Gap *chatv1.SubscribeResponse_Gap
	// Signal is what somebody is doing, for example typing.
	Signal *chatv1.SubscribeResponse_Doing
	// Cursor is where another subscription goes on after this: nothing is lost and nothing comes
	// twice.
	Cursor string
}

// Message is what was sent, nil when something else happened.
func (e *ChatEvent) Message() *chatv1.Message { return e.Event.GetMessage() }

// Subscribe hears everything that happens in the chats of this user, beginning with what is not
// acknowledged, until the loop or ctx ends. A broken stream is opened again, at whatever server,
// and goes on where it was. A slow loop is sent no more than it takes. It ends by itself, with an
// error, only when the request makes no sense or the client is closed.
func (c *Chat) Subscribe(
	ctx context.Context, options SubscribeOptions,
) iter.Seq2[*ChatEvent, error] {
	return func(yield func(*ChatEvent, error) bool) {
		cursor := options.Cursor
		told := connection{tell: options.OnConnection}
		stream := follow(ctx, c.client, chatv1.Chat_Subscribe_FullMethodName, told.broken,
			func(ctx context.Context) (grpc.ServerStreamingClient[chatv1.SubscribeResponse], error) {
				return c.stub.Subscribe(ctx, &chatv1.SubscribeRequest{User: c.user, Cursor: cursor})
			})
		for message, err := range stream {
			if err != nil {
				yield(nil, err)
				return
			}
			told.stands()
			for _, event := range chatEvents(message, cursor) {
				if event.Chat != "" && !yield(event, nil) {
					return
				}
				cursor = event.Cursor
			}
		}
	}
}

// chatEvents is what a message tells after a cursor; what has no chat only moves the cursor on.
func chatEvents(message *chatv1.SubscribeResponse, cursor string) []*ChatEvent {
	switch told := message.GetEvent().(type) {
	case *chatv1.SubscribeResponse_Events_:
		var events []*ChatEvent
		for _, event := range told.Events.GetEvents() {
			events = append(events, &ChatEvent{
				Chat: told.Events.GetChatId(), Event: event, Cursor: event.GetCursor(),
			})
		}
		return events
	case *chatv1.SubscribeResponse_Gap_:
		return []*ChatEvent{{
			Chat: told.Gap.GetChatId(), Gap: told.Gap, Cursor: told.Gap.GetCursor(),
		}}
	case *chatv1.SubscribeResponse_Signal:
		return []*ChatEvent{{Chat: told.Signal.GetChatId(), Signal: told.Signal, Cursor: cursor}}
	case *chatv1.SubscribeResponse_Heartbeat_:
		return []*ChatEvent{{Cursor: told.Heartbeat.GetCursor()}}
	case *chatv1.SubscribeResponse_Reconnect_:
		return []*ChatEvent{{Cursor: told.Reconnect.GetCursor()}}
	default:
		return nil
	}
}
