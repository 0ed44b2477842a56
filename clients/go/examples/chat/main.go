// SPDX-License-Identifier: Apache-2.0

// Ann writes while Bob is away; what she wrote waits for him, and then they talk.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	quoin "github.com/quoin-dev/quoin/clients/go"
	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
)

func run(ctx context.Context, client *quoin.Client) error {
	ann, bob := client.Chat("ann"), client.Chat("bob")
	room, err := ann.CreateChat(ctx, &chatv1.CreateRequest{
		Members: []string{"bob"}, FirstMessage: "hi Bob",
	})
	if err != nil {
		return err
	}
	if _, err := ann.Send(ctx, room, "are you there?"); err != nil {
		return err
	}
	printUnread(ctx, bob, room)

	for event, err := range bob.Subscribe(ctx, quoin.SubscribeOptions{}) {
		if err != nil {
			return err
		}
		message := event.Message()
		if message == nil || event.Chat != room {
			continue
		}
		fmt.Println("Bob hears:", message.GetBody())
		if err := bob.Ack(ctx, room, message.GetMessageId()); err != nil {
			return err
		}
		switch message.GetMessageId() {
		case 2:
			if _, err := ann.Send(ctx, room, "see you"); err != nil {
				return err
			}
		case 3:
			printUnread(ctx, bob, room)
			return nil
		}
	}
	return nil
}

func printUnread(ctx context.Context, chat *quoin.Chat, room string) {
	for one, err := range chat.Chats(ctx) {
		if err == nil && one.GetChatId() == room {
			fmt.Println("unread for Bob:", one.GetUnread())
		}
	}
}

func main() {
	client, err := quoin.Dial(strings.Join(os.Args[1:], ","))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := run(context.Background(), client); err != nil {
		log.Fatal(err)
	}
}
