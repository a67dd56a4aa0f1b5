namespace Orrery.Interchange.Tests;

/// <summary>Spoils traces: what a broken disk, a cut-off copy or malice does to them.</summary>
internal static class TraceSpoiler
{
    /// <summary>A spoilt copy: bits flipped, the end cut off, lengths blown up, fields repeated, nesting, numbers as large as can be, pieces of other traces.</summary>
    public static byte[] Spoil(byte[] original, Random random, bool isJson, bool isMild = false)
    {
        List<byte> bytes = [.. original];
        if (isMild)
        {
            // One byte: most of these still read, and what they say is wrong in other ways.
            bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
            return [.. bytes];
        }

        int times = 1 + random.Next(4);
        for (int time = 0; time < times; time++)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(9))
            {
                case 0 when bytes.Count > 0:
                    for (int flip = 0; flip <= random.Next(8); flip++)
                        bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2:
                    // Ten bytes of all ones: a length or a number as large as the format can say, or longer.
                    bytes.InsertRange(at, isJson ? "184467440737095516159999"u8.ToArray() : [0xFF, 0xFF, 0xFF, 0xFF, (byte)(random.Next(2) == 0 ? 0x0F : 0xFF), 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
                    break;
                case 3:
                    int length = Math.Min(bytes.Count - at, random.Next(200));
                    List<byte> piece = bytes.GetRange(at, length);
                    for (int copy = random.Next(40); copy >= 0 && bytes.Count < 1 << 22; copy--)
                        bytes.InsertRange(at, piece);
                    break;
                case 4:
                    bytes.InsertRange(at, isJson ? Repeat("[{\"a\":"u8, random.Next(400)) : Repeat([0x52, 0x7F, 0x0A], random.Next(400)));
                    break;
                case 5:
                    bytes.InsertRange(at, isJson ? "{\"id\":18446744073709551615,\"type\":7,\"comm_size\":1e308,\"data_deps\":[0,-1,1e9]},"u8.ToArray() : [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
                    break;
                case 6 when bytes.Count > 1:
                    bytes.RemoveRange(Math.Min(at, bytes.Count - 1), 1);
                    break;
                case 7 when bytes.Count > 0:
                    bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
                    break;
                default:
                    for (int index = 0; index < 16 && at + index < bytes.Count; index++)
                        bytes[at + index] = (byte)random.Next(256);
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Repeat(ReadOnlySpan<byte> piece, int times)
    {
        byte[] all = new byte[piece.Length * times];
        for (int time = 0; time < times; time++)
            piece.CopyTo(all.AsSpan(time * piece.Length));
        return all;
    }
}
