//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
)

// tasksLeft says whether any task has a state and has not ended, as the kernel
// side counts them (task_slots of bpf/c/state.h: without regard to scope).
func (k *kernel) tasksLeft() (bool, error) {
	if !k.features.TaskStorage {
		var task uint64 // an ended task's entry is deleted
		switch err := k.maps["tasks_hash"].NextKey(nil, &task); {
		case errors.Is(err, ebpf.ErrKeyNotExist):
			return false, nil
		case err != nil:
			return true, fmt.Errorf("look for recorded tasks: %w", err)
		}
		return true, nil
	}
	slots := make([]byte, k.maps["task_slots"].ValueSize())
	if err := k.maps["task_slots"].Lookup(uint32(0), slots); err != nil {
		return true, fmt.Errorf("look for recorded tasks: %w", err)
	}
	for _, n := range unsafe.Slice((*uint32)(unsafe.Pointer(&slots[0])), len(slots)/4) {
		if n != 0 {
			return true, nil
		}
	}
	return false, nil
}
