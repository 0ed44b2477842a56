// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"time"

	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Counters: time series of what happens, at several precisions at once.
//
// [Counters.Increment] counts one thing and tells that it is counted. [Counters.Recorder] counts in
// this process and sends the sums: use it where things happen often. A name is 1 to 256 bytes
// without control characters.
type Counters struct {
	client *Client
	stub   countersv1.CountersClient
}

func newCounters(c *Client) *Counters { return &Counters{c, countersv1.NewCountersClient(c.conn)} }

// Stub is the generated client of the service.
func (c *Counters) Stub() countersv1.CountersClient { return c.stub }

// Increment adds to a counter, exactly once also when the call has to be repeated. It fails with
// [ReasonCounterOverflow] when a count would leave the range of 64-bit numbers.
func (c *Counters) Increment(ctx context.Context, name string, delta int64) error {
	_, err := c.stub.Increment(ctx, &countersv1.IncrementRequest{Name: name, Delta: &delta})
	return err
}

// Get is the newest samples of a counter, at most so many, oldest first, with zeros where nothing
// was counted. The precision is one of those the server keeps: 1 s, 5 s, 1 min, 5 min, 1 h, 5 h and
// 1 day by default; with another one it fails with [ReasonCounterPrecisionUnknown].
func (c *Counters) Get(
	ctx context.Context, name string, precision time.Duration, last int32,
) ([]*countersv1.Sample, error) {
	answer, err := c.stub.Get(ctx, &countersv1.GetRequest{
		Name: name, Precision: durationpb.New(precision), Last: last, ZeroFill: true,
	})
	return answer.GetSamples(), err
}

// Watch tells the slice that ended last and the one that is open, at once and after every change,
// until the loop or ctx ends. A new state replaces one that was not told yet. It ends by itself,
// with an error, only when the name or the precision is not allowed or the client is closed.
func (c *Counters) Watch(
	ctx context.Context, name string, precision time.Duration,
) iter.Seq2[[]*countersv1.Sample, error] {
	states := follow(ctx, c.client, countersv1.Counters_Watch_FullMethodName, nil,
		func(ctx context.Context) (grpc.ServerStreamingClient[countersv1.WatchResponse], error) {
			return c.stub.Watch(ctx, &countersv1.WatchRequest{
				Name: name, Precision: durationpb.New(precision),
			})
		})
	return func(yield func([]*countersv1.Sample, error) bool) {
		for state, err := range states {
			if !yield(state.GetSamples(), err) {
				return
			}
		}
	}
}

// Delete forgets a counter; it tells whether there was one.
func (c *Counters) Delete(ctx context.Context, name string) (bool, error) {
	answer, err := c.stub.Delete(ctx, &countersv1.DeleteRequest{Name: name})
	return answer.GetDeleted(), err
}
