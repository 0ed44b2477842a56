// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	quoin "github.com/quoin-dev/quoin/clients/go"
	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
)

// unread is how much is unread in the only chat of a user.
func unread(t *testing.T, chat *quoin.Chat) int64 {
	t.Helper()
	for one, err := range chat.Chats(limited(t)) {
		must(t, err)
		return one.GetUnread()
	}
	t.Fatal("there is no chat")
	return 0
}

func TestMessagesWaitForTheirReaders(t *testing.T) {
	client := client(t)
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room := value[string](t)(ann.Create(limited(t), "bob"))
	equal(t, "first", value[int64](t)(ann.Send(limited(t), room, "hi")), 1)
	equal(t, "second", value[int64](t)(ann.Send(limited(t), room, "lunch?")), 2)
	must(t, ann.Edit(limited(t), room, 2, "lunch at noon?"))
	equal(t, "unread", unread(t, bob), 2)
	for pending, err := range bob.Pending(limited(t), 10) {
		must(t, err)
		equal(t, "pending", pending.GetMessages()[1].GetBody(), "lunch at noon?")
	}

	must(t, bob.Ack(limited(t), room, 2))

	equal(t, "unread", unread(t, bob), 0)
	members := 0
	for member, err := range ann.Members(limited(t), room) {
		must(t, err)
		members++
		if member.GetUser() == "bob" {
			equal(t, "read by Bob", member.GetAcknowledgedMessageId(), 2)
		}
	}
	equal(t, "members", members, 2)
	history := value[[]*chatv1.Message](t)(bob.History(limited(t), room, 10))
	equal(t, "history", len(history), 2)
}

func TestRolesAndMembership(t *testing.T) {
	client := client(t)
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room := value[string](t)(ann.CreateChat(limited(t), &chatv1.CreateRequest{ChatId: "team"}))
	_, err := ann.CreateChat(limited(t), &chatv1.CreateRequest{ChatId: "team"})
	equal(t, "exists", errors.Is(err, quoin.ReasonChatExists), true)
	_, err = bob.Send(limited(t), room, "hi")
	equal(t, "no member", errors.Is(err, quoin.ReasonChatNotMember), true)
	equal(t, "joined", value[bool](t)(bob.Join(limited(t), room)), true)
	equal(t, "changed", value[bool](t)(ann.SetRole(limited(t), room, "bob", chatv1.Role_ROLE_MODERATOR)), true)
	id := value[int64](t)(bob.SendMessage(limited(t), &chatv1.SendRequest{ChatId: room, Body: "hi"}))
	must(t, ann.Delete(limited(t), room, id))
	equal(t, "kicked", value[bool](t)(ann.Kick(limited(t), room, "bob")), true)
	equal(t, "left", value[bool](t)(bob.Leave(limited(t), room)), false)
	equal(t, "left", value[bool](t)(ann.Leave(limited(t), room)), true)
}

func TestASubscriptionHearsEverythingAndGoesOnFromItsCursor(t *testing.T) {
	client := client(t)
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room := value[string](t)(ann.CreateChat(limited(t), &chatv1.CreateRequest{Members: []string{"bob"}, FirstMessage: "one"}))
	stands := make(chan bool, 10)
	cursor, last := "", ""
	options := quoin.SubscribeOptions{OnConnection: func(_ error, connected bool) { stands <- connected }}
	for event, err := range bob.Subscribe(limited(t), options) {
		must(t, err)
		equal(t, "chat", event.Chat, room)
		cursor = event.Cursor
		if last = event.Message().GetBody(); last == "one" {
			value[int64](t)(ann.Send(limited(t), room, "two"))
		}
		if last == "two" {
			break
		}
	}
	equal(t, "whether it stands", comes(t, "the connection", stands), true)
	value[int64](t)(ann.Send(limited(t), room, "three"))
	for event, err := range bob.Subscribe(limited(t), quoin.SubscribeOptions{Cursor: cursor}) {
		must(t, err)
		equal(t, "goes on", event.Message().GetBody(), "three")
		break
	}
}

func TestWhoTakesOneMessageASubscriptionGetsEveryMessageOnce(t *testing.T) {
	client := client(t)
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room := value[string](t)(ann.Create(limited(t), "bob"))
	for i := range 5 {
		value[int64](t)(ann.Send(limited(t), room, fmt.Sprint(i)))
	}
	var taken []string
	for cursor := ""; len(taken) < 5; {
		for event, err := range bob.Subscribe(limited(t), quoin.SubscribeOptions{Cursor: cursor}) {
			must(t, err)
			cursor = event.Cursor
			if message := event.Message(); message != nil {
				taken = append(taken, message.GetBody())
			}
			break
		}
	}
	equal(t, "messages", strings.Join(taken, " "), "0 1 2 3 4")
}

func TestASubscriptionHearsWhatOthersAreDoing(t *testing.T) {
	client := client(t)
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room := value[string](t)(ann.CreateChat(limited(t), &chatv1.CreateRequest{Members: []string{"bob"}, FirstMessage: "one"}))
	for event, err := range bob.Subscribe(limited(t), quoin.SubscribeOptions{}) {
		must(t, err)
		if event.Message() != nil {
			must(t, ann.Signal(limited(t), room, chatv1.Activity_ACTIVITY_TYPING))
		}
		if event.Signal != nil {
			equal(t, "who", event.Signal.GetUser(), "ann")
			break
		}
	}
}
