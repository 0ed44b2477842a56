// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"

	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
)

// Chat is the chats of one user: rooms in which messages wait for every member.
//
// What [Chat.Subscribe] or [Chat.Pending] bring is not acknowledged until [Chat.Ack] says so; until
// then it comes again. Calls fail with [ErrUnavailable] when no server, or no Redis, could be
// reached, and with one of the reasons that begin with ReasonChat when a chat is not there or does
// not let the user do it.
type Chat struct {
	client *Client
	stub   chatv1.ChatClient
	user   string
}

// Chat is the chats of a user of this client's namespace. Quoin takes it at its word who the user
// is: authenticate it before.
func (c *Client) Chat(user string) *Chat {
	return &Chat{c, chatv1.NewChatClient(c.conn), user}
}

// Stub is the generated client of the service.
func (c *Chat) Stub() chatv1.ChatClient { return c.stub }

// Create makes a chat of this user, who owns it, and others, and returns its id.
func (c *Chat) Create(ctx context.Context, members ...string) (string, error) {
	return c.CreateChat(ctx, &chatv1.CreateRequest{Members: members})
}

// CreateChat makes a chat with an id, a first message or limits of its own, and returns its id.
// The creator is set here.
func (c *Chat) CreateChat(ctx context.Context, plan *chatv1.CreateRequest) (string, error) {
	answer, err := c.stub.Create(ctx, with(plan, func(request *chatv1.CreateRequest) {
		request.Creator = c.user
	}))
	return answer.GetChatId(), err
}

// Join becomes a member; it tells whether this user was none.
func (c *Chat) Join(ctx context.Context, chat string) (bool, error) {
	answer, err := c.stub.Join(ctx, &chatv1.JoinRequest{ChatId: chat, User: c.user})
	return answer.GetJoined(), err
}

// Leave ends the membership; it tells whether there was one, as far as no answer was lost.
func (c *Chat) Leave(ctx context.Context, chat string) (bool, error) {
	answer, err := c.stub.Leave(ctx, &chatv1.LeaveRequest{ChatId: chat, User: c.user})
	return answer.GetLeft(), err
}

// Kick ends the membership of somebody else; it tells whether there was one.
func (c *Chat) Kick(ctx context.Context, chat, member string) (bool, error) {
	answer, err := c.stub.Kick(ctx, &chatv1.KickRequest{ChatId: chat, Actor: c.user, User: member})
	return answer.GetKicked(), err
}

// SetRole gives a member a role; it tells whether it had another one.
func (c *Chat) SetRole(ctx context.Context, chat, member string, role chatv1.Role) (bool, error) {
	answer, err := c.stub.SetRole(ctx, &chatv1.SetRoleRequest{
		ChatId: chat, Actor: c.user, User: member, Role: role,
	})
	return answer.GetChanged(), err
}

// Send sends a message of 1 to 65,536 bytes, once, and returns its number.
func (c *Chat) Send(ctx context.Context, chat, body string) (int64, error) {
	return c.SendMessage(ctx, &chatv1.SendRequest{ChatId: chat, Body: body})
}

// SendMessage sends a message with all that can be said about it, once, and returns its number. The
// sender is set here.
func (c *Chat) SendMessage(ctx context.Context, message *chatv1.SendRequest) (int64, error) {
	answer, err := c.stub.Send(ctx, with(message, func(request *chatv1.SendRequest) {
		request.Sender = c.user
	}))
	return answer.GetMessageId(), err
}

// Edit changes what a message of this user says.
func (c *Chat) Edit(ctx context.Context, chat string, message int64, body string) error {
	_, err := c.stub.Edit(ctx, &chatv1.EditRequest{
		ChatId: chat, Sender: c.user, MessageId: message, Body: body,
	})
	return err
}

// Delete deletes a message of this user, or anybody's in a chat in which it holds an office.
func (c *Chat) Delete(ctx context.Context, chat string, message int64) error {
	_, err := c.stub.Delete(ctx, &chatv1.DeleteRequest{ChatId: chat, User: c.user, MessageId: message})
	return err
}

// Ack says that all messages up to one have been processed.
func (c *Chat) Ack(ctx context.Context, chat string, message int64) error {
	_, err := c.stub.Ack(ctx, &chatv1.AckRequest{
		User:      c.user,
		Positions: []*chatv1.AckRequest_Position{{ChatId: chat, MessageId: message}},
	})
	return err
}

// Pending is what is not acknowledged, of all chats; at most so many messages of each, 1 to 100.
func (c *Chat) Pending(
	ctx context.Context, limitPerChat int32,
) iter.Seq2[*chatv1.FetchPendingResponse_Pending, error] {
	return pages(func(token string) ([]*chatv1.FetchPendingResponse_Pending, string, error) {
		page, err := c.stub.FetchPending(ctx, &chatv1.FetchPendingRequest{
			User: c.user, LimitPerChat: limitPerChat, PageToken: token,
		})
		return page.GetChats(), page.GetNextPageToken(), err
	})
}

// Chats is all chats of this user, with how much is unread.
func (c *Chat) Chats(ctx context.Context) iter.Seq2[*chatv1.ListChatsResponse_Overview, error] {
	return pages(func(token string) ([]*chatv1.ListChatsResponse_Overview, string, error) {
		page, err := c.stub.ListChats(ctx, &chatv1.ListChatsRequest{
			User: c.user, PageSize: 100, PageToken: token,
		})
		return page.GetChats(), page.GetNextPageToken(), err
	})
}

// Members is all members of a chat by name, with what they have acknowledged.
func (c *Chat) Members(
	ctx context.Context, chat string,
) iter.Seq2[*chatv1.MembersResponse_Member, error] {
	return pages(func(token string) ([]*chatv1.MembersResponse_Member, string, error) {
		page, err := c.stub.Members(ctx, &chatv1.MembersRequest{
			ChatId: chat, User: c.user, PageSize: 1000, PageToken: token,
		})
		return page.GetMembers(), page.GetNextPageToken(), err
	})
}

// History is the newest messages of a chat that are kept, oldest first: at most so many, 1 to 500.
func (c *Chat) History(ctx context.Context, chat string, limit int32) ([]*chatv1.Message, error) {
	answer, err := c.stub.History(ctx, &chatv1.HistoryRequest{
		ChatId: chat, User: c.user, Limit: limit,
	})
	return answer.GetMessages(), err
}

// Signal tells the others what this user is doing; nothing is kept of it.
func (c *Chat) Signal(ctx context.Context, chat string, activity chatv1.Activity) error {
	_, err := c.stub.Signal(ctx, &chatv1.SignalRequest{ChatId: chat, User: c.user, Activity: activity})
	return err
}
