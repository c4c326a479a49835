package bpf

import (
	"bytes"
	"fmt"

	"github.com/cilium/ebpf"
)

// Spec returns a fresh, kernel-independent description of all programs and
// maps for this machine's architecture. The caller may change it.
func Spec() (*ebpf.CollectionSpec, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return nil, fmt.Errorf("read the embedded BPF object: %w", err)
	}
	return spec, nil
}
