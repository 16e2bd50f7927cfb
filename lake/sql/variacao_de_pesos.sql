-- title: Variação de pesos entre dois pregões
-- How each ticker's weight moved between the two latest sessions, in percentage points; entries count from zero, exits to zero.
-- For earlier sessions, put the later one's date in place of 9999-12-31.
WITH pregoes AS (
  SELECT data_pregao AS pregao_atual, lag(data_pregao) OVER (ORDER BY data_pregao) AS pregao_anterior
  FROM indice_diario
  WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  ORDER BY data_pregao DESC
  LIMIT 1
)
SELECT
  m.codigo,
  max_by(m.nome_empresa, m.data_pregao) AS nome_empresa,
  p.pregao_anterior,
  p.pregao_atual,
  CAST(sum(CASE WHEN m.data_pregao = p.pregao_anterior THEN m.participacao ELSE 0 END) AS decimal(9, 3)) AS participacao_anterior,
  CAST(sum(CASE WHEN m.data_pregao = p.pregao_atual THEN m.participacao ELSE 0 END) AS decimal(9, 3)) AS participacao_atual,
  CAST(sum(CASE WHEN m.data_pregao = p.pregao_atual THEN m.participacao ELSE -m.participacao END) AS decimal(9, 3)) AS variacao
FROM indice_membro AS m
INNER JOIN pregoes AS p ON m.data_pregao IN (p.pregao_anterior, p.pregao_atual)
WHERE m.indice = 'IBOV' AND p.pregao_anterior IS NOT NULL
GROUP BY m.codigo, p.pregao_anterior, p.pregao_atual
ORDER BY abs(sum(CASE WHEN m.data_pregao = p.pregao_atual THEN m.participacao ELSE -m.participacao END)) DESC, m.codigo
LIMIT 500
