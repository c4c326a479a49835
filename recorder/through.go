//go:build linux

package recorder

import (
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// throughPlan mirrors struct through_plan of bpf/c/through.h.
type throughPlan struct {
	Used, Base, Words uint8
	_                 uint8
	From              [6]uint8
	_                 [2]uint8
}

// fromNowhere is a place of task_state.raw that holds 0.
const fromNowhere = 6

// via are the calls that others are made through.
var via = map[string]uint8{"socketcall": 1, "ipc": 2}

// planThrough tells the kernel's side where such calls have their arguments.
func (k *kernel) planThrough() error {
	for i := range format.Syscalls {
		t := format.Syscalls[i].Through
		if t == nil {
			continue
		}
		p := throughPlan{Used: 1, Base: uint8(t.Base), Words: uint8(t.Words), From: [6]uint8{fromNowhere, fromNowhere, fromNowhere, fromNowhere, fromNowhere, fromNowhere}}
		copy(p.From[:], t.From)
		if err := k.maps["through"].Put(uint32(t.Key), p); err != nil {
			return fmt.Errorf("fill the table of calls made through %s in the kernel: %w", t.Call, err)
		}
	}
	return nil
}
