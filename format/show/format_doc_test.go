package show

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/internal/docparts"
)

// TestFormatDoc: what FORMAT.md says of numbers in columns and of the header's and
// the totals' JSON is what the code says, comments included. After a change:
// go test ./format/show -run FormatDoc -update
func TestFormatDoc(t *testing.T) {
	docparts.Check(t, "../FORMAT.md", "./format/show", map[string]string{"values": docValues(t), "json": docJSON(t)})
}

// parse reads a source file of package format.
func parse(t *testing.T, name string) *ast.File {
	f, err := parser.ParseFile(token.NewFileSet(), "../"+name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// prose is a comment on one line of a table.
func prose(groups ...*ast.CommentGroup) string {
	var parts []string
	for _, g := range groups {
		if g != nil {
			parts = append(parts, strings.Join(strings.Fields(g.Text()), " "))
		}
	}
	return strings.NewReplacer("|", `\|`, "<hook>", "HOOK").Replace(strings.Join(parts, "; "))
}

// docValues are the enumerations of value.go: number, word and comment of each.
func docValues(t *testing.T) string {
	of := []struct {
		kind   string
		column string
		bits   bool
		word   func(v uint64) string
	}{
		{"RowFlags", "`flags`, bits", true, func(v uint64) string { return string(bits(nil, v, rowFlagNames, ",")) }},
		{"ABI", "`abi`", false, func(v uint64) string { return ABI(format.ABI(v)) }},
		{"ViewStatus", "`…_status`", false, func(v uint64) string { return Status(format.ViewStatus(v)) }},
		{"Rung", "`…_rungs`, bits", true, func(v uint64) string { return Rungs(format.Rung(v)) }},
		{"VMAClass", "`…_vma`", false, func(v uint64) string { return VMA(format.VMAClass(v)) }},
		{"View", "`view` of view", false, func(v uint64) string { return [...]string{"enter", "kernel", "exit"}[v] }},
		{"Lane", "`lane` of lost", false, func(v uint64) string { return name(laneNames[:], v) }},
		{"Class", "`class` of lost", false, func(v uint64) string { return name(classNames[:], v) }},
	}
	comments := map[string][]string{}
	for _, decl := range parse(t, "value.go").Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		kind := ""
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); ok {
				kind = id.Name
			}
			if kind != "" && !strings.HasPrefix(v.Names[0].Name, "Num") {
				comments[kind] = append(comments[kind], prose(v.Comment))
			}
		}
	}
	var b strings.Builder
	b.WriteString("| column | value | in words | is |\n|---|---|---|---|\n")
	for _, e := range of {
		if len(comments[e.kind]) < 2 {
			t.Errorf("value.go has no values of %s", e.kind)
		}
		for i, comment := range comments[e.kind] {
			v := uint64(i)
			number := strconv.Itoa(i)
			if e.bits {
				v = 1 << i
				number = fmt.Sprintf("0x%x", v)
			}
			word := e.word(v)
			if word[0] >= '0' && word[0] <= '9' {
				t.Errorf("%s %s has no word", e.kind, number)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.column, number, word, comment)
		}
	}
	fmt.Fprintf(&b, "| `class` of lost | %d | unwritten | records that could not be written: the disk was full, or went away |\n", format.ClassUnwritten)
	fmt.Fprintf(&b, "| `class` of lost | %d | unrecorded | nothing was recorded from `since` to `time` (merge) |\n", format.ClassUnrecorded)
	fmt.Fprintf(&b, "| `class` of lost | %d | damaged | rows could not be read (repair) |\n", format.ClassDamaged)
	return b.String()
}

// docJSON are the objects of header and totals: each key, its type and comment.
func docJSON(t *testing.T) string {
	structs := map[string]*ast.StructType{}
	for _, name := range []string{"header.go", "selection.go"} {
		for _, decl := range parse(t, name).Decls {
			if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				for _, spec := range g.Specs {
					if s, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType); ok {
						structs[spec.(*ast.TypeSpec).Name.Name] = s
					}
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("| object | key | type | is |\n|---|---|---|---|\n")
	var order []string
	queued := map[string]bool{}
	object := func(name string) string {
		if !queued[name] {
			queued[name] = true
			order = append(order, name)
		}
		return strings.ToLower(name)
	}
	var typeOf func(e ast.Expr) string
	typeOf = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.StarExpr:
			return typeOf(e.X)
		case *ast.ArrayType:
			return "array of " + typeOf(e.Elt)
		case *ast.MapType:
			return "object of " + typeOf(e.Value)
		case *ast.Ident:
			switch {
			case structs[e.Name] != nil:
				return object(e.Name)
			case e.Name == "string" || e.Name == "WitnessState":
				return "string"
			case e.Name == "bool":
				return "boolean"
			}
			return "number"
		}
		t.Fatalf("a type that this test does not know: %T", e)
		return ""
	}
	object("Header")
	object("Totals")
	for i := 0; i < len(order); i++ {
		for _, f := range structs[order[i]].Fields.List {
			if f.Tag == nil {
				t.Fatalf("%s has a field without a tag", order[i])
			}
			key, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			if key == "-" {
				continue
			}
			if prose(f.Doc, f.Comment) == "" {
				t.Errorf("%s.%s has no comment", order[i], key)
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", strings.ToLower(order[i]), key, typeOf(f.Type), prose(f.Doc, f.Comment))
		}
	}
	return b.String()
}
