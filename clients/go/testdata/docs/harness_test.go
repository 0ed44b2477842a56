// SPDX-License-Identifier: Apache-2.0

// Package docs runs the blocks of Go on the pages of the documentation; docs_test.go of the client
// puts them beside this file.
package docs

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
)

// block is a part of a function on a page.
type block struct {
	where   string
	run     func(ctx context.Context, client *quoin.Client) error
	endless bool // it ends only with its context
}

// What the pages take for granted.
var (
	errNoSuchAddress = errors.New("no such address")
	done             = time.After(0)
)

func writeReport(context.Context, int64) error       { return nil }
func sell(context.Context, int64) error              { return nil }
func upload(context.Context) error                   { return nil }
func sendMail(context.Context, string, string) error { return nil }

func TestBlocks(t *testing.T) {
	client, err := quoin.Dial(os.Getenv("QUOIN_ADDRESS"), quoin.WithNamespace("docs-"+strings.ToLower(rand.Text())))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	room := &chatv1.CreateRequest{Actor: "ann", Users: []string{"bob"}, FirstMessage: "hi"}
	if _, err := client.Chat.Create(ctx, room); err != nil {
		t.Fatal(err)
	}
	working, stop := context.WithCancel(ctx)
	var ending, endless sync.WaitGroup
	for _, one := range blocks {
		running, group := ctx, &ending
		if one.endless {
			running, group = working, &endless
		}
		group.Add(1)
		go func() {
			defer group.Done()
			if err := one.run(running, client); err != nil {
				t.Errorf("%s: %v", one.where, err)
			}
		}()
	}
	ending.Wait()
	stop()
	endless.Wait()
}
