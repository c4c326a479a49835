package filter

import (
	"net/netip"
	"path"
	"strings"

	"github.com/expr-lang/expr"
)

// function is what expressions can call beside expr's own.
type function struct {
	name, doc string
	call      func(a, b string) any
	one       bool // takes one argument
	typ       any
}

var functions = []function{
	{"under", "under(path, dir): path is dir, or within it", func(p, dir string) any {
		dir = strings.TrimSuffix(dir, "/")
		return p == dir || strings.HasPrefix(p, dir) && len(p) > len(dir) && p[len(dir)] == '/'
	}, false, new(func(string, string) bool)},
	{"base", "base(path): the last component", func(p, _ string) any {
		return p[strings.LastIndexByte(p, '/')+1:]
	}, true, new(func(string) string)},
	{"dir", "dir(path): what stands before the last component", func(p, _ string) any {
		return path.Dir(p)
	}, true, new(func(string) string)},
	{"cidr", "cidr(ip, net): ip is in net, cidr(kernel.ip, \"10.0.0.0/8\"); false for what is no address", func(ip, net string) any {
		addr, err := netip.ParseAddr(ip)
		prefix, err2 := netip.ParsePrefix(net)
		return err == nil && err2 == nil && prefix.Contains(addr.Unmap())
	}, false, new(func(string, string) bool)},
}

// Functions names what expressions can call beside expr's own functions.
func Functions() (names []string) {
	for _, f := range functions {
		names = append(names, f.name)
	}
	return names
}

// Options make expr compile what filters and policies have in common.
func Options() (options []expr.Option) {
	for _, f := range functions {
		options = append(options, expr.Function(f.name, func(args ...any) (any, error) {
			a, _ := args[0].(string)
			b := ""
			if !f.one {
				b, _ = args[1].(string)
			}
			return f.call(a, b), nil
		}, f.typ))
	}
	return options
}
