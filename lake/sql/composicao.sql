-- title: Composição do índice
-- The index on its latest session: every ticker with its weight and theoretical quantity, heaviest first.
-- For an earlier session, put its date in place of 9999-12-31; for another index, its code in place of IBOV.
SELECT data_pregao, codigo, nome_empresa, classe, evento, listagem, setor, quantidade_teorica, participacao
FROM indice_membro
WHERE indice = 'IBOV' AND data_pregao = (
  SELECT max(data_pregao) FROM indice_diario WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
)
ORDER BY participacao DESC, codigo
LIMIT 500
