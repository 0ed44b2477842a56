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
	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

const home = "views/home"

func run(ctx context.Context, client *quoin.Client) error {
	if _, err := client.Counters.Delete(ctx, &countersv1.DeleteRequest{Name: home}); err != nil {
		return err
	}

	recorder := client.Counters.Recorder()
	for range 1000 {
		if err := recorder.Increment(home); err != nil {
			return err
		}
	}
	if err := recorder.Close(); err != nil {
		return err
	}
	if _, err := client.Counters.Increment(ctx, &countersv1.IncrementRequest{Name: home}); err != nil {
		return err
	}

	days, err := client.Counters.Get(ctx, &countersv1.GetRequest{
		Name: home, Precision: durationpb.New(24 * time.Hour), Last: 2, ZeroFill: true,
	})
	for _, one := range days.GetSamples() {
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
