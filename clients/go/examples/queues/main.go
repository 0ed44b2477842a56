// SPDX-License-Identifier: Apache-2.0

// A marketplace tells sellers by mail that their items were sold or have expired. A mail server that
// is down for a moment is tried again; an address that does not exist is not. Failures are logged.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
)

// sent has the ids of tasks whose mail was sent: delivery is at least once.
var sent sync.Map

func send(what string, logger *slog.Logger) quoin.Handler {
	return func(_ context.Context, task *quoin.Task) ([]byte, error) {
		seller, item, _ := strings.Cut(string(task.Payload()), ": ")
		if seller == "nobody" {
			logger.Error("no such seller", "seller", seller)
			return nil, quoin.Dead(errors.New("no such seller"))
		}
		if seller == "bob" && task.Attempt() == 1 {
			logger.Warn("the mail server is busy, trying again")
			return nil, quoin.RetryAfter(100*time.Millisecond, errors.New("the mail server is busy"))
		}
		if _, again := sent.LoadOrStore(task.ID(), true); !again {
			logger.Info("mail", "to", seller, "text", "your "+item+" "+what)
		}
		return []byte("told " + seller), nil
	}
}

func run(ctx context.Context, client *quoin.Client) error {
	logger := slog.New(quoin.NewLogHandler(client.Logs.Writer("mail"), nil))
	working, stop := context.WithCancel(ctx)
	defer stop()
	stopped := make(chan error, 1)
	go func() {
		stopped <- client.Queues.Work(working, quoin.WorkerOptions{
			Queues:      []string{"mail"},
			Concurrency: 4,
			Handlers: map[string]quoin.Handler{
				"sold":    send("was sold", logger),
				"expired": send("has expired", logger),
			},
		})
	}()

	for _, task := range []*queuesv1.NewTask{
		quoin.NewTask("sold", "ann: lamp"),
		quoin.NewTask("expired", "bob: chair"),
		quoin.NewTask("sold", "nobody: table"),
	} {
		kept, err := client.Queues.Enqueue(ctx, &queuesv1.EnqueueRequest{Queue: "mail", Task: task})
		if err != nil {
			return err
		}
		end, err := client.Queues.Wait(ctx, "mail", kept.GetTaskId())
		if err != nil {
			return err
		}
		fmt.Printf("%s after %d: %s\n", end.GetState(), end.GetAttempts(), end.GetResult())
	}
	stop()
	return <-stopped
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
