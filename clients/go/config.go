// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"fmt"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// Config has configuration, maintenance and discovery.
//
// What changes seldom and is read often is best watched: [Config.Watch] and [Config.WatchService]
// keep it in memory, up to date, and go on with what they knew last while Quoin cannot be reached.
// History, rollback, maintenance, and answers with an age are at [Config.Stub].
type Config struct {
	client *Client
	stub   configv1.ConfigClient
}

func newConfig(c *Client) *Config { return &Config{c, configv1.NewConfigClient(c.conn)} }

// Stub is the generated client of the service.
func (c *Config) Stub() configv1.ConfigClient { return c.stub }

// ConflictError says that a component does not have the version that was expected. errors.Is finds
// [ErrConflict] in it.
type ConflictError struct {
	Type, Component string
	// Current is the component as it is, nil when it does not exist.
	Current *configv1.Configuration
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("quoin: %s/%s has version %d", e.Type, e.Component, e.Current.GetVersion())
}

// Is makes errors.Is find ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// Get tells the value of a component of a type, `GetValue().AsMap()` of what it returns. It fails
// with [ErrNotFound] when there is no such component.
func (c *Config) Get(
	ctx context.Context, typeName, component string,
) (*configv1.Configuration, error) {
	answer, err := c.stub.Get(ctx, &configv1.GetRequest{Type: typeName, Component: component})
	if err == nil && !answer.GetFound() {
		err = fmt.Errorf("%w: %s/%s", ErrNotFound, typeName, component)
	}
	return answer.GetConfiguration(), err
}

// Set gives a component a value and returns its version. Values are texts, numbers, booleans, nil,
// []any and map[string]any of these; numbers become doubles, so write whole ones beyond 2^53 as
// texts. It fails with [ReasonConfigTypeFull] when the type has no room.
func (c *Config) Set(
	ctx context.Context, typeName, component string, value map[string]any,
) (version int64, err error) {
	return c.set(ctx, &configv1.SetRequest{Type: typeName, Component: component}, value)
}

// CompareAndSet gives a component a value if it still has a version, 0 when it must not exist, and
// returns the new one. It fails with [ErrConflict], as a [*ConflictError], when the component has
// another one.
func (c *Config) CompareAndSet(
	ctx context.Context, typeName, component string, expected int64, value map[string]any,
) (version int64, err error) {
	return c.set(ctx, &configv1.SetRequest{
		Type: typeName, Component: component, ExpectedVersion: &expected,
	}, value)
}

func (c *Config) set(
	ctx context.Context, request *configv1.SetRequest, value map[string]any,
) (int64, error) {
	var err error
	if request.Value, err = structpb.NewStruct(value); err != nil {
		return 0, fmt.Errorf("quoin: a value that cannot be stored: %w", err)
	}
	answer, err := c.stub.Set(ctx, request)
	if err != nil {
		return 0, err
	}
	if !answer.GetStored() {
		return 0, &ConflictError{request.Type, request.Component, answer.GetConfiguration()}
	}
	return answer.GetVersion(), nil
}

// Delete takes a component away; it tells whether it was there.
func (c *Config) Delete(ctx context.Context, typeName, component string) (bool, error) {
	answer, err := c.stub.Delete(ctx, &configv1.DeleteRequest{Type: typeName, Component: component})
	return answer.GetDeleted(), err
}

// Resolve is the instances of a service now, in the order of their names, draining ones included.
func (c *Config) Resolve(ctx context.Context, service string) ([]*configv1.Instance, error) {
	answer, err := c.stub.Resolve(ctx, &configv1.ResolveRequest{Service: service})
	return answer.GetInstances(), err
}
