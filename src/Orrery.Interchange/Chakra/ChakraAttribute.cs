namespace Orrery.Interchange;

/// <summary>A named value of a node to be written.</summary>
public readonly record struct ChakraAttribute
{
    private ChakraAttribute(string name, int arm, double real, long integer, string text)
    {
        Name = name;
        Arm = arm;
        Real = real;
        Integer = integer;
        Text = text;
    }

    public string Name { get; }

    /// <summary>Field of the value in the schema: 3 a double, 9 a whole number, 27 true or false, 29 a text.</summary>
    internal int Arm { get; }

    internal double Real { get; }

    internal long Integer { get; }

    internal string Text { get; }

    public static ChakraAttribute Of(string name, long value) => new(name, 9, 0, value, "");

    public static ChakraAttribute Of(string name, double value) => new(name, 3, value, 0, "");

    public static ChakraAttribute Of(string name, bool value) => new(name, 27, 0, value ? 1 : 0, "");

    public static ChakraAttribute Of(string name, string value) => new(name, 29, 0, 0, value);
}
