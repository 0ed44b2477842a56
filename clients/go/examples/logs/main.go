// SPDX-License-Identifier: Apache-2.0

// A shop logs; somebody watches its errors and asks what is wrong most often.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	quoin "github.com/quoin-dev/quoin/clients/go"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
)

func run(ctx context.Context, client *quoin.Client) error {
	writer := client.Logs.Writer("shop")
	writer.Log(logsv1.Severity_SEVERITY_INFO, "open")
	for _, order := range []string{"17", "42"} {
		writer.Write(&logsv1.LogEntry{
			Severity: logsv1.Severity_SEVERITY_ERROR,
			Text:     "order " + order + " cannot be paid",
			Template: "order {} cannot be paid",
			Fields:   map[string]string{"order": order},
		})
	}

	errors := quoin.TailOptions{
		Names: []string{"shop"}, MinimumSeverity: logsv1.Severity_SEVERITY_ERROR, Last: 100,
	}
	heard := 0
	for event, err := range client.Logs.Tail(ctx, errors) {
		if err != nil {
			return err
		}
		fmt.Println(event.Log, "reports:", event.Entry.GetText())
		if heard++; heard == 2 {
			break
		}
	}

	common, err := client.Logs.Common(ctx, "shop", logsv1.Severity_SEVERITY_ERROR, 0)
	for _, message := range common.GetMessages() {
		fmt.Println(message.GetCount(), "x", message.GetText())
	}
	return err
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
