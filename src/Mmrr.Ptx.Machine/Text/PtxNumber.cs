using System.Globalization;

namespace Mmrr.Ptx.Machine.Text;

/// <summary>Numbers of PTX: "Constants" in the manual. Integers have 64 bits; 0f and 0d give the bits of a float and of a double.</summary>
internal static class PtxNumber
{
    public static bool TryParse(string text, out PtxOperand number)
    {
        number = new PtxOperand(PtxOperandKind.Number);
        if (!char.IsAsciiDigit(text[0])) return false;
        if (text.Length == 10 && text[..2] is "0f" or "0F") return Bits(text[2..], NumberStyles.AllowHexSpecifier, ref number);
        if (text.Length == 18 && text[..2] is "0d" or "0D") return Bits(text[2..], NumberStyles.AllowHexSpecifier, ref number);
        string digits = text.TrimEnd('U');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return Bits(digits[2..], NumberStyles.AllowHexSpecifier, ref number);
        if (digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase)) return Bits(digits[2..], NumberStyles.AllowBinarySpecifier, ref number);
        if (Bits(digits, NumberStyles.None, ref number)) return true;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double fraction)) return false;
        number = number with { Bits = BitConverter.DoubleToUInt64Bits(fraction), Fraction = true };
        return true;
    }

    private static bool Bits(string digits, NumberStyles style, ref PtxOperand number)
    {
        if (!ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out ulong bits)) return false;
        number = number with { Bits = bits };
        return true;
    }
}
