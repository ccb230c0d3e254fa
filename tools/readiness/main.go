// Says what the tools that wait for objects make of them. Reads a Kubernetes List as JSON from standard input and writes, for
// each item, a line of JSON: what kstatus (Flux, "helm --wait") computes, and what a health script answers in the Lua
// interpreter that Argo CD uses, with the libraries that Argo CD opens.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type verdict struct {
	Name    string `json:"name"`
	Kstatus string `json:"kstatus"`
	Health  string `json:"health"`
	Message string `json:"message"`
}

func main() {
	if len(os.Args) != 2 {
		fail("usage: readiness SCRIPT.lua < list.json")
	}
	script, err := os.ReadFile(os.Args[1])
	check(err)
	var list unstructured.UnstructuredList
	decoder := json.NewDecoder(os.Stdin)
	check(decoder.Decode(&list))
	output := json.NewEncoder(os.Stdout)
	for _, item := range list.Items {
		computed, err := status.Compute(&item)
		check(err)
		health, message := run(string(script), item.Object)
		check(output.Encode(verdict{item.GetName(), string(computed.Status), health, message}))
	}
}

// run is how Argo CD runs a health script (util/lua/lua.go): the object is the global "obj", the answer a table.
func run(script string, object map[string]any) (health string, message string) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		check(state.CallByParam(lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}, lua.LString(name)))
	}
	state.SetGlobal("obj", convert(state, object))
	check(state.DoString(script))
	answer, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		fail("the script answers no table")
	}
	return text(answer, "status"), text(answer, "message")
}

func text(table *lua.LTable, field string) string {
	value, isText := table.RawGetString(field).(lua.LString)
	if !isText {
		fail("the script answers no text for " + field)
	}
	return string(value)
}

func convert(state *lua.LState, value any) lua.LValue {
	switch value := value.(type) {
	case bool:
		return lua.LBool(value)
	case float64:
		return lua.LNumber(value)
	case int64:
		return lua.LNumber(value)
	case string:
		return lua.LString(value)
	case []any:
		table := state.CreateTable(len(value), 0)
		for _, item := range value {
			table.Append(convert(state, item))
		}
		return table
	case map[string]any:
		table := state.CreateTable(0, len(value))
		for key, item := range value {
			table.RawSetString(key, convert(state, item))
		}
		return table
	}
	return lua.LNil
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "readiness: "+why)
	os.Exit(1)
}
