// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"

	statsv1 "github.com/quoin-dev/quoin/clients/go/stats/v1"
)

// Stats: figures of measured values per kind, context and hour. [Stats.Recorder] records: single
// values, times, and every RPC of a client or server.
type Stats struct {
	client *Client
	stub   statsv1.StatsClient
}

func newStats(c *Client) *Stats { return &Stats{c, statsv1.NewStatsClient(c.conn)} }

// Stub is the generated client of the service.
func (s *Stats) Stub() statsv1.StatsClient { return s.stub }

// Get is the figures of a context: of the current hour with 0 hours ago, of the one before with 1,
// up to 24. All are 0 when nothing was recorded.
func (s *Stats) Get(
	ctx context.Context, kind, context string, hoursAgo int32,
) (*statsv1.GetResponse, error) {
	return s.stub.Get(ctx, &statsv1.GetRequest{
		Kind: kind, Context: context, Window: &statsv1.GetRequest_HoursAgo{HoursAgo: hoursAgo},
	})
}

// Slowest is the contexts of a kind with the highest means, highest first; at most so many, 1 to
// 100. Hours as for Get.
func (s *Stats) Slowest(
	ctx context.Context, kind string, hoursAgo, limit int32,
) ([]*statsv1.SlowestResponse_Slow, error) {
	answer, err := s.stub.Slowest(ctx, &statsv1.SlowestRequest{
		Kind: kind, Window: &statsv1.SlowestRequest_HoursAgo{HoursAgo: hoursAgo}, Limit: limit,
	})
	return answer.GetSlowest(), err
}
