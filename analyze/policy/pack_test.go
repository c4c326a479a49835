package policy

import "testing"

func TestPackCompiles(t *testing.T) {
	_, problems := NewSet(Shipped())
	for _, p := range problems {
		t.Error(p)
	}
}
