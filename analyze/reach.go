package analyze

import "bytes"

// leadsTo says whether a name, read as text alone, is the path of the object
// reached, or may be: a relative name agrees when its last component does,
// since where it starts is not known here. false means that something on the
// way led elsewhere: a symlink, a magic link, a mount, a chroot.
//
// It walks from the end, so that it needs no memory: it runs on every call
// whose object is known.
func leadsTo(name, path []byte) bool {
	if len(name) == 0 {
		return true // the object is that of a descriptor
	}
	path = bytes.TrimSuffix(path, deletedSuffix)
	absolute := name[0] == '/'
	if len(path) == 0 || path[0] != '/' {
		return false // memfd:…, pipe:[…]: no name leads there
	}
	first := true
	for {
		last, rest := cutLast(name)
		name = rest
		if last == nil {
			if !absolute {
				return true // ".", "..": depends on where it starts
			}
			have, _ := cutLast(path)
			return have == nil
		}
		have, rest := cutLast(path)
		path = rest
		if !bytes.Equal(last, have) {
			return false
		}
		if !absolute && first {
			return true
		}
		first = false
	}
}

var deletedSuffix = []byte(" (deleted)")

// cutLast takes the last component off a name and skips what does not count:
// slashes, ".", and "x/..". It returns nil when none is left.
func cutLast(name []byte) (last, rest []byte) {
	for up := 0; ; {
		for len(name) > 0 && name[len(name)-1] == '/' {
			name = name[:len(name)-1]
		}
		if len(name) == 0 {
			return nil, nil
		}
		at := bytes.LastIndexByte(name, '/') + 1
		last, name = name[at:], name[:at]
		switch {
		case len(last) == 1 && last[0] == '.':
		case len(last) == 2 && last[0] == '.' && last[1] == '.':
			up++
		case up > 0:
			up--
		default:
			return last, name
		}
	}
}
