// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
)

const (
	shortestPause = 10 * time.Millisecond
	firstPause    = 100 * time.Millisecond
	longestPause  = time.Second
)

// pauseWithin is how long to pause before trying again to keep something: a tenth of its lease, at
// most a second, spread so that many clients do not come at once.
func pauseWithin(lease time.Duration) time.Duration {
	return spread(min(max(lease/10, shortestPause), longestPause))
}

// spread is something between half of a pause and all of it.
func spread(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause/2+1)
}

// pauses is a series of pauses: 0.1 s, then twice as long each time up to 1 s, spread.
type pauses struct{ next time.Duration }

func (p *pauses) reset() { p.next = 0 }

// sleep pauses; it tells whether ctx lives on.
func (p *pauses) sleep(ctx context.Context) bool {
	return sleep(ctx, p.length())
}

// after is told when the pause is over.
func (p *pauses) after() <-chan time.Time { return time.After(p.length()) }

func (p *pauses) length() time.Duration {
	p.next = min(max(2*p.next, firstPause), longestPause)
	return spread(p.next)
}

// sleep tells whether ctx lives on.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// passes tells whether a stream that broke is worth opening again.
func passes(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == codes.Unavailable || e.Code == codes.Internal || e.Code == codes.Unknown ||
		isOfCallback(err)
}
