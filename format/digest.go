package format

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// TableDigest is the hex SHA-256 of what the event, column and syscall tables
// mean: names, numbers, types, kinds, fields and witnesses, not their docs.
// Two files with the same digest read alike.
func TableDigest() string { return tableDigest() }

var tableDigest = sync.OnceValue(func() string {
	h := sha256.New()
	for i, c := range Columns {
		fmt.Fprintf(h, "column %d %q %d %d %d\n", i, c.Name, c.Type, c.Kind, c.Since)
	}
	for _, e := range Events {
		fmt.Fprintf(h, "event %d %q %d %d %d\n", e.ID, e.Name, e.Class, e.Lane, e.Since)
		for _, f := range e.Fields {
			fmt.Fprintf(h, "field %q %d %d\n", f.Name, f.Col, f.Kind)
		}
	}
	for _, s := range Syscalls {
		fmt.Fprintf(h, "syscall %q %v %d %v %d\n", s.Name, s.NR, s.Object, s.Execs, s.Since)
		if s.Through != nil {
			fmt.Fprintf(h, "through %q %d\n", s.Through.Call, s.Through.Value)
		}
		for _, a := range s.Args {
			fmt.Fprintf(h, "arg %q %d\n", a.Name, a.Kind)
		}
		for _, v := range s.Views {
			fmt.Fprintf(h, "view %d %d %d %d %v\n", v.Arg, v.Kind, v.LenArg, v.MaxLen, v.Witness)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
})
