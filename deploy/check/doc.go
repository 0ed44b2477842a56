// SPDX-License-Identifier: Apache-2.0

// Package check tests the Helm chart and the compose files with the code of Helm and of Compose.
// It uses the parts of Helm that helm template consists of, not the program, whose first build takes
// more than twice as long. What the chart gives is decoded with the types of Kubernetes, strictly.
package check
