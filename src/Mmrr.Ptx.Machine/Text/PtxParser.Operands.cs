using System.Globalization;

namespace Mmrr.Ptx.Machine.Text;

/// <content>Instructions and their operands.</content>
internal sealed partial class PtxParser
{
    private PtxInstruction Instruction(PtxScope scope)
    {
        PtxOperand? guard = null;
        if (TryTake("@")) guard = Operand();
        var opcode = Take();
        if (opcode.Text.Length == 0 || !char.IsAsciiLetter(opcode.Text[0])) throw Refuse(opcode.Line, $"'{opcode.Text}' is no instruction");
        var operands = new List<PtxOperand>();
        while (!TryTake(";"))
        {
            operands.Add(Operand());
            if (!Next.Is(";")) Expect(",");
        }
        return new PtxInstruction(opcode.Text, operands, guard, opcode.Line, _source, scope);
    }

    private PtxOperand Operand()
    {
        var token = Take();
        switch (token.Text)
        {
            case "!":
                return Operand() with { Negated = true };
            case "{":
                return List("}");
            case "(":
                return List(")");
            case "[":
                var based = Operand();
                long offset = 0;
                while (Next.Text is "+" or "-")
                {
                    int sign = Take().Is("-") ? -1 : 1;
                    offset += sign * (long)Operand().Bits;
                }
                Expect("]");
                return new PtxOperand(PtxOperandKind.Address, based.Name, based.Bits, offset);
            case "-":
                var positive = Operand();
                ulong bits = positive.Fraction ? positive.Bits ^ (1UL << 63) : (ulong)-(long)positive.Bits;
                return positive with { Bits = bits };
        }
        if (PtxNumber.TryParse(token.Text, out var number)) return number;
        var name = new PtxOperand(PtxOperandKind.Name, token.Text);
        return TryTake("|") ? new PtxOperand(PtxOperandKind.List) { Items = [name, Operand()] } : name;
    }

    private PtxBranchTargets BranchTargets(string name)
    {
        var labels = new List<string>();
        do labels.Add(Take().Text);
        while (TryTake(","));
        Expect(";");
        return new PtxBranchTargets(name, labels);
    }

    private PtxOperand List(string end)
    {
        var items = new List<PtxOperand>();
        while (!TryTake(end))
        {
            items.Add(Operand());
            TryTake(",");
        }
        return new PtxOperand(PtxOperandKind.List) { Items = items };
    }

    private int Integer()
    {
        var token = Take();
        return int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw Refuse(token.Line, $"a number is expected, found '{token.Text}'");
    }
}
