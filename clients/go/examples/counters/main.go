// SPDX-License-Identifier: Apache-2.0

// A shop counts its page views: cheaply, and readable by the day.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
)

const day = 24 * time.Hour

func run(ctx context.Context, client *quoin.Client) error {
	if _, err := client.Counters.Delete(ctx, "views/home"); err != nil {
		return err
	}

	recorder := client.Counters.Recorder()
	for range 1000 {
		if err := recorder.Increment("views/home"); err != nil {
			return err
		}
	}
	recorder.Close()
	if err := client.Counters.Increment(ctx, "views/home", 1); err != nil {
		return err
	}

	days, err := client.Counters.Get(ctx, "views/home", day, 2)
	for _, one := range days {
		fmt.Println(one.GetCount(), "views, day is over:", !one.GetPartial())
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
