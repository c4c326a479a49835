//go:build linux

package recorder

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
)

// TestHaveTaskStorage: what is told without making a map is what making one tells.
func TestHaveTaskStorage(t *testing.T) {
	err := features.HaveMapType(ebpf.TaskStorage)
	if err != nil && !errors.Is(err, ebpf.ErrNotSupported) {
		t.Fatal(err)
	}
	if got, want := haveTaskStorage(), err == nil; got != want {
		t.Errorf("haveTaskStorage() = %v, while making such a map says %v (%v)", got, want, err)
	}
}
