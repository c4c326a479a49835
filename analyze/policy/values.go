package policy

import "strings"

// Value is something that conditions can name.
type Value struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Doc  string `json:"doc"`
}

// Values are all of them, in the order of the reference.
func Values() (list []Value) {
	for _, v := range names().list {
		typ := map[string]string{"string": "text", "int": "int", "uint": "uint", "float64": "float", "[]string": "list of text", "time.Time": "time"}[v.typ.String()]
		if typ == "" {
			typ = "list of processes"
		}
		list = append(list, Value{strings.Join(v.path, "."), typ, v.doc})
	}
	return list
}
