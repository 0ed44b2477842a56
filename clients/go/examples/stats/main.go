// SPDX-License-Identifier: Apache-2.0

// A shop measures how long its pages take, and finds the one worth optimising.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	quoin "github.com/quoin-dev/quoin/clients/go"
)

const kind = "AccessTime"

func run(ctx context.Context, client *quoin.Client) error {
	recorder := client.Stats.Recorder()
	home(recorder)
	for i := range 100 {
		if err := recorder.Record(kind, "/search", 61+float64(i)); err != nil {
			return err
		}
	}
	recorder.Close()

	search, err := client.Stats.Get(ctx, kind, "/search", 0)
	if err != nil {
		return err
	}
	fmt.Println("searches so far:", search.GetCount(), "mean", search.GetMean(), "s")
	slowest, err := client.Stats.Slowest(ctx, kind, 0, 1)
	for _, page := range slowest {
		fmt.Println("slowest:", page.GetContext())
	}
	return err
}

func home(recorder *quoin.StatsRecorder) {
	defer recorder.Time(kind, "/home")()
	fmt.Println("the home page is made")
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
