// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"fmt"
	"strings"
	"testing"

	quoin "github.com/quoin-dev/quoin/clients/go"
	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
)

func TestASubscriptionHearsEverythingAndGoesOnFromItsCursor(t *testing.T) {
	client := client(t)
	room := createChat(t, client, "one")
	stands := make(chan bool, 10)
	cursor, last := "", ""
	options := quoin.SubscribeOptions{OnConnection: func(_ error, connected bool) { stands <- connected }}
	for event, err := range client.Chat.Subscribe(limited(t), "bob", options) {
		must(t, err)
		equal(t, "chat", event.Chat, room)
		cursor = event.Cursor
		if last = event.Message().GetBody(); last == "one" {
			send(t, client, room, "two")
		}
		if last == "two" {
			break
		}
	}
	equal(t, "whether it stands", comes(t, "the connection", stands), true)
	send(t, client, room, "three")
	for event, err := range client.Chat.Subscribe(limited(t), "bob", quoin.SubscribeOptions{Cursor: cursor}) {
		must(t, err)
		equal(t, "goes on", event.Message().GetBody(), "three")
		break
	}
}

func TestWhoTakesOneMessageASubscriptionGetsEveryMessageOnce(t *testing.T) {
	client := client(t)
	room := createChat(t, client, "0")
	for i := range 4 {
		send(t, client, room, fmt.Sprint(i+1))
	}
	var taken []string
	for cursor := ""; len(taken) < 5; {
		for event, err := range client.Chat.Subscribe(limited(t), "bob", quoin.SubscribeOptions{Cursor: cursor}) {
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
	room := createChat(t, client, "one")
	for event, err := range client.Chat.Subscribe(limited(t), "bob", quoin.SubscribeOptions{}) {
		must(t, err)
		if event.Message() != nil {
			request := &chatv1.SignalRequest{ChatId: room, User: "ann", Activity: chatv1.Activity_ACTIVITY_TYPING}
			value[*chatv1.SignalResponse](t)(client.Chat.Signal(limited(t), request))
		}
		if event.Signal != nil {
			equal(t, "who", event.Signal.GetUser(), "ann")
			break
		}
	}
}
