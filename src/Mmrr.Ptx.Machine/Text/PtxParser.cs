using System.Buffers.Binary;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Text;

/// <summary>Reads PTX as the manual's "Syntax", "Directives" and "Instruction Operands" describe it; what it does not know ends with its line.</summary>
internal sealed partial class PtxParser
{
    private readonly List<PtxToken> _tokens;
    private readonly PtxModule _module = new();
    private readonly Dictionary<string, string> _files = [];
    private int _at;
    private readonly string? _title;
    private string? _function;
    private string? _source;

    // Files may be named after the code that refers to them.
    private PtxParser(string ptx, string? title)
    {
        _title = title;
        _tokens = PtxLexer.Tokens(ptx);
        for (int n = 0; n + 2 < _tokens.Count; n++)
        {
            if (_tokens[n].Is(".file")) _files[_tokens[n + 1].Text] = Path.GetFileName(_tokens[n + 2].Text.Trim('"'));
        }
    }

    /// <summary>Parses a text.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="title">What messages call its kernel, before the function's name; nothing more where it is null.</param>
    /// <exception cref="PtxFaultException">It is no PTX that the machine reads.</exception>
    public static PtxModule Parse(string ptx, string? title)
    {
        var parser = new PtxParser(ptx, title);
        while (parser._at < parser._tokens.Count) parser.TopLevel();
        return parser._module;
    }

    private PtxToken Next => _at < _tokens.Count ? _tokens[_at] : new PtxToken("", _tokens.Count > 0 ? _tokens[^1].Line : 1);

    private PtxFaultException Refuse(int line, string what)
    {
        string? kernel = _title is null || _function is null ? _title ?? _function : $"{_title} ({_function})";
        return new PtxFaultException(PtxFaultKind.Syntax, $"{PtxFaultException.Place(kernel, line, null, _source)}: {what}", line);
    }

    private PtxToken Take()
    {
        var token = Next;
        _at++;
        return token;
    }

    private bool TryTake(string text)
    {
        if (!Next.Is(text)) return false;
        _at++;
        return true;
    }

    private void Expect(string text)
    {
        var token = Take();
        if (!token.Is(text)) throw Refuse(token.Line, $"'{text}' is expected, found '{token.Text}'");
    }

    private void TopLevel()
    {
        var token = Take();
        switch (token.Text)
        {
            case ".version" or ".address_size":
                Take();
                break;
            case ".target":
                Take();
                while (TryTake(",")) Take();
                break;
            case ".file":
                Take();
                Take();
                while (TryTake(",")) Take();
                break;
            case ".section" or ".section.debug_info":
                while (!Next.Is("{")) Take();
                while (!Take().Is("}"))
                {
                }
                break;
            case ".visible" or ".extern" or ".weak":
                if (token.Is(".extern") && Next.Is(".func")) Function(isExternal: true);
                else TopLevel();
                break;
            case ".entry" or ".func":
                _at--;
                Function(isExternal: false);
                break;
            case ".global" or ".const" or ".shared":
                _at--;
                var variable = Variable(_module.Scope);
                _module.Variables.Add(variable);
                break;
            case ";":
                break;
            default:
                throw Refuse(token.Line, $"'{token.Text}' is not known here");
        }
    }

    private void Function(bool isExternal)
    {
        bool isEntry = Take().Is(".entry");
        var scope = new PtxScope(_module.Scope);
        var results = new List<PtxSymbol>();
        if (Next.Is("(")) Parameters(scope, results);
        var function = new PtxFunction(Take().Text, isEntry, scope) { IsExternal = isExternal };
        (_function, _source) = (function.Name, null);
        function.Results.AddRange(results);
        if (Next.Is("(")) Parameters(scope, function.Parameters);
        while (!Next.Is("{") && !Next.Is(";"))
        {
            var token = Take();
            if (token.Is(".maxntid"))
            {
                function.MostThreads = Integer();
                while (TryTake(",")) function.MostThreads *= Integer();
            }
            else if (token.Text is ".minnctapersm" or ".maxnreg" or ".reqntid" or ".noreturn" or ".pragma")
            {
                while (!Next.Is("{") && !Next.Is(";") && !Next.Text.StartsWith('.')) Take();
            }
            else
            {
                throw Refuse(token.Line, $"'{token.Text}' is not known before the body of {function.Name}");
            }
        }
        // A forward declaration ends here.
        if (TryTake(";"))
        {
            if (isExternal) _module.Functions.Add(function);
            _function = null;
            return;
        }
        Expect("{");
        Body(function, scope);
        (_function, _source) = (null, null);
        _module.Functions.RemoveAll(other => other.Name == function.Name);
        _module.Functions.Add(function);
    }

    private void Parameters(PtxScope scope, List<PtxSymbol> list)
    {
        Expect("(");
        while (!TryTake(")"))
        {
            if (Next.Is(".reg"))
            {
                Take();
                var register = new PtxRegister(Take().Text is var type ? Take().Text : "", BitsOf(type, Next.Line));
                scope.Add(register);
                list.Add(register);
            }
            else
            {
                list.Add(Declaration(scope));
            }
            TryTake(",");
        }
    }

    private void Body(PtxFunction function, PtxScope scope)
    {
        while (!TryTake("}"))
        {
            var token = Next;
            switch (token.Text)
            {
                case "":
                    throw Refuse(token.Line, $"the body of {function.Name} does not end");
                case "{":
                    Take();
                    Body(function, new PtxScope(scope));
                    break;
                case ".reg":
                    Registers(scope);
                    break;
                case ".local" or ".shared" or ".param" or ".global" or ".const":
                    function.Variables.Add(Variable(scope));
                    break;
                case ".loc":
                    Take();
                    string file = Take().Text, line = Take().Text;
                    Take();
                    _source = $"{_files.GetValueOrDefault(file, $"file {file}")}:{line}";
                    break;
                case ".pragma":
                    while (!Take().Is(";"))
                    {
                    }
                    break;
                case ";":
                    Take();
                    break;
                default:
                    if (_at + 1 < _tokens.Count && _tokens[_at + 1].Is(":"))
                    {
                        _at += 2;
                        scope.Add(TryTake(".branchtargets") ? BranchTargets(token.Text) : new PtxLabel(token.Text, function.Body.Count));
                    }
                    else
                    {
                        function.Body.Add(Instruction(scope));
                    }
                    break;
            }
        }
    }

    private void Registers(PtxScope scope)
    {
        Expect(".reg");
        var type = Take();
        int bits = BitsOf(type.Text, type.Line);
        do
        {
            string name = Take().Text;
            if (TryTake("<"))
            {
                scope.AddRange(name, Integer(), bits);
                Expect(">");
            }
            else
            {
                scope.Add(new PtxRegister(name, bits));
            }
        }
        while (TryTake(","));
        Expect(";");
    }

    private PtxVariable Variable(PtxScope scope)
    {
        var variable = Declaration(scope);
        if (TryTake("="))
        {
            variable = variable with { Initial = Initial(variable.Bytes) };
            scope.Add(variable);
        }
        Expect(";");
        return variable;
    }

    private PtxVariable Declaration(PtxScope scope)
    {
        var first = Take();
        var space = first.Text switch
        {
            ".param" => PtxSpace.Param,
            ".local" => PtxSpace.Local,
            ".shared" => PtxSpace.Shared,
            ".global" => PtxSpace.Global,
            ".const" => PtxSpace.Const,
            _ => throw Refuse(first.Line, $"'{first.Text}' is no state space"),
        };
        int alignment = 0, elements = 1, size = 0;
        while (Next.Text.StartsWith('.'))
        {
            var word = Take();
            if (word.Is(".align")) alignment = Integer();
            else if (word.Text is ".ptr" or ".global" or ".shared") continue;
            else if (word.Text is ".v2" or ".v4") elements *= word.Text[2] - '0';
            else size = BitsOf(word.Text, word.Line) / 8;
        }
        string name = Take().Text;
        long bytes = (long)size * elements;
        while (TryTake("["))
        {
            bytes = Next.Is("]") ? -1 : bytes * Integer();
            Expect("]");
        }
        var variable = new PtxVariable(name, space, Math.Max(alignment, size * elements), bytes, null);
        scope.Add(variable);
        return variable;
    }

    private byte[] Initial(long bytes)
    {
        var values = new List<ulong>();
        int line = Next.Line;
        bool list = TryTake("{");
        do values.Add(Operand().Bits);
        while (list && TryTake(","));
        if (list) Expect("}");
        if (bytes < values.Count || bytes % values.Count != 0) throw Refuse(line, $"{values.Count} initial values do not fill {bytes} bytes");
        int size = (int)(bytes / values.Count) is var each and <= 8 ? each : throw Refuse(line, "a partial list of initial values is not known");
        byte[] initial = new byte[bytes];
        byte[] eight = new byte[8];
        for (int i = 0; i < values.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(eight, values[i]);
            eight.AsSpan(0, size).CopyTo(initial.AsSpan(i * size));
        }
        return initial;
    }

    private int BitsOf(string type, int line) => type switch
    {
        ".pred" => 1,
        ".b8" or ".u8" or ".s8" => 8,
        ".b16" or ".u16" or ".s16" or ".f16" => 16,
        ".b32" or ".u32" or ".s32" or ".f32" => 32,
        ".b64" or ".u64" or ".s64" or ".f64" => 64,
        _ => throw Refuse(line, $"'{type}' is no type that is known"),
    };
}
