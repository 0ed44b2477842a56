// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"errors"
	"io"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	errorDomain     = "quoin.dev"
	requestIDHeader = "quoin-request-id"
)

// explain makes an *Error of what a call failed with: the only place where a status becomes one.
// The end of a stream, and what is explained already, stay as they are.
func explain(err error, trailer metadata.MD) error {
	var known *Error
	if err == nil || err == io.EOF || errors.As(err, &known) || errors.Is(err, ErrClosed) {
		return err
	}
	answer := status.Convert(err)
	explained := &Error{Code: answer.Code(), Message: answer.Message(), status: answer}
	for _, detail := range answer.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == errorDomain {
				explained.Reason = Reason(detail.GetReason())
				explained.Metadata = detail.GetMetadata()
			}
		case *errdetails.RetryInfo:
			explained.RetryAfter = detail.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			explained.RequestID = detail.GetRequestId()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				explained.Violations = append(explained.Violations,
					FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		}
	}
	if ids := trailer.Get(requestIDHeader); explained.RequestID == "" && len(ids) > 0 {
		explained.RequestID = ids[0]
	}
	return explained
}
