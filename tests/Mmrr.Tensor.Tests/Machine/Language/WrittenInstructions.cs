using System.Collections;
using System.Reflection;
using ILGPU.Backends.PTX;

namespace Mmrr.Tests.Machine.Language;

/// <summary>Every instruction that ILGPU's code generator has in its tables, with operands of the types that its name gives.</summary>
internal static class WrittenInstructions
{
    public static IEnumerable<string> All()
    {
        foreach (string name in (string[])["CompareOperations", "CompareUnorderedFloatOperations"])
            foreach (string code in Table(name)) yield return $"{code} %p1, {Register(Last(code), 1)}, {Register(Last(code), 2)};";
        foreach (string code in Table("ConvertOperations"))
            yield return $"{code} {Register(code.Split('.')[^2], 1)}, {Register(Last(code), 2)};";
        foreach (string name in (string[])["UnaryArithmeticOperations", "UnaryArithmeticOperationsFastMath"])
        {
            foreach (string code in Table(name))
            {
                string result = code.StartsWith("testp", StringComparison.Ordinal) ? "%p1"
                    : code.StartsWith("popc", StringComparison.Ordinal) || code.StartsWith("clz", StringComparison.Ordinal) ? "%r1" : Register(Last(code), 1);
                yield return $"{code} {result}, {Register(Last(code), 2)};";
            }
        }
        foreach (string name in (string[])["BinaryArithmeticOperations", "BinaryArithmeticOperationsFastMath"])
        {
            foreach (string code in Table(name))
            {
                string second = code.StartsWith("sh", StringComparison.Ordinal) ? "%r3" : Register(Last(code), 3);
                yield return $"{code} {Register(Last(code), 1)}, {Register(Last(code), 2)}, {second};";
            }
        }
        foreach (string code in Table("TernaryArithmeticOperations"))
            yield return $"{code} {Register(Last(code), 1)}, {Register(Last(code), 2)}, {Register(Last(code), 3)}, {Register(Last(code), 4)};";
        foreach (string code in Table("SelectValueOperations"))
            yield return $"{code} {Register(Last(code), 1)}, {Register(Last(code), 2)}, {Register(Last(code), 3)}, %p1;";
        foreach (string code in Table("MemoryBarrierOperations")) yield return $"{code};";
        foreach (string code in Table("ShuffleOperations")) yield return $"{code} %r1, %r2, 1, 31, -1;";
        foreach (DictionaryEntry type in (IDictionary)Field("AtomicOperationsTypes"))
        {
            string suffix = (string)type.Value!, kind = Kind(type.Key);
            foreach (DictionaryEntry operation in (IDictionary)Field("AtomicOperations"))
            {
                if (Kind(operation.Key) != kind) continue;
                string code = (string)operation.Value!;
                string result = code.StartsWith("red", StringComparison.Ordinal) ? "" : $"{Register(suffix, 1)}, ";
                string[] words = code.Split('.');
                foreach (string space in (string[])["global", "shared"])
                    yield return $"{words[0]}.{space}.{words[1]}.{suffix} {result}[%rd0], {Register(suffix, 2)};";
            }
        }
    }

    private static string Kind(object key) => ((System.Runtime.CompilerServices.ITuple)key)[0]!.ToString()!;

    private static object Field(string name) =>
        typeof(PTXInstructions).GetField(name, BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;

    private static IEnumerable<string> Table(string name) => Field(name) switch
    {
        IDictionary table => table.Values.Cast<string>().Distinct(),
        var list => (string[])list,
    };

    private static string Last(string code) => code[(code.LastIndexOf('.') + 1)..];

    private static string Register(string type, int number) => type switch
    {
        "pred" => $"%p{number}",
        "f32" => $"%f{number}",
        "f64" => $"%fd{number}",
        _ when type.EndsWith("64", StringComparison.Ordinal) => $"%rd{number}",
        _ when type.EndsWith("32", StringComparison.Ordinal) => $"%r{number}",
        _ => $"%rs{number}",
    };
}
